import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IsolaneError } from '../core/errors.ts'
import type { LaneClient } from '../core/lane-client.ts'
import { type WrittenEnvFile, writeEnvFile } from '../environments/env-files/write.ts'
import { createSnapshot } from '../snapshots/create.ts'
import { automaticName } from '../snapshots/names.ts'
import { restoreIntoLane } from '../snapshots/restore.ts'
import type { SnapshotStore } from '../snapshots/store.ts'
import { verifySnapshot } from '../snapshots/verify.ts'
import { changedSince, compared, differences } from './compare.ts'
import { memoryOf, stopContainers } from './containers.ts'
import { ForeignLanes, type Reading } from './foreign-lanes.ts'
import type { Journal, JournalFile } from './journal.ts'
import type { Source } from './source.ts'

/** How often an environment is copied again because somebody has written to the old one meanwhile. */
const attempts = 3

export interface Migration extends Reading {
  readonly journal: JournalFile
  readonly store: SnapshotStore
  isUp(): boolean
  /** Brings the stack up where it is not. */
  bringUp(): Promise<LaneClient>
  /** Called when a step is done and on record, for whoever wants to know how far it has come. */
  readonly onStep?: (step: MigrationStep) => void
}

export type MigrationStep = 'begun' | 'saved' | 'up' | 'loaded' | 'compared' | 'files' | 'stopped' | 'done'

/**
 * Moves the old databases into the environments of one stack: saves each, brings the stack up beside them, copies, compares
 * value by value, has the `.env` files lead to it, and only then stops the old. Every step is on record, so that it can be
 * gone on with, or taken back, wherever it was interrupted.
 * @throws ISOLANE_MIGRATE_FAILED, and what its steps throw; the old databases are untouched then
 */
export async function migrate(migration: Migration): Promise<readonly string[]> {
  const { journal, onStep } = migration
  const { sources } = journal.begun
  if (!journal.begun.memoryBefore) await journal.note({ memoryBefore: await memoryOf(sources) })
  onStep?.('begun')
  const environments = [...new Set(sources.map(({ environment }) => environment))]
  for (const name of environments) await saveOld(migration, name)
  onStep?.('saved')
  // Known before it is done: whoever is killed in it has brought it up.
  if (journal.begun.broughtUp === undefined) await journal.note({ broughtUp: !migration.isUp() })
  const client = await migration.bringUp()
  try {
    onStep?.('up')
    for (const name of environments) await copy(migration, client, name)
    onStep?.('compared')
    const files = await switchFiles(migration, client, environments)
    onStep?.('files')
    const stopped = await stopOld(migration, sources)
    onStep?.('stopped')
    await journal.note({ done: true })
    onStep?.('done')
    return [...files.map(fileText), ...stopped]
  } finally {
    client.close()
  }
}

async function saveOld(migration: Migration, environment: string): Promise<void> {
  const { config, journal, store, report, signal } = migration
  const { saved } = journal.begun.environments[environment] ?? {}
  if (saved !== undefined && (await isThere(store, saved))) return
  const name = `migrate-${environment}-${automaticName()}`
  await journal.noteEnvironment(environment, { saved: name })
  report({ kind: 'progress', subject: environment, text: 'the old databases are being saved' })
  await using snapshot = await createSnapshot({
    store,
    client: new ForeignLanes(migration, sourcesOf(journal.begun, environment)),
    name,
    lanes: [environment],
    reason: 'what the old databases held before `isolane migrate`',
    stack: config.name,
    report,
    signal,
  })
  await verifySnapshot(snapshot)
}

async function copy(migration: Migration, client: LaneClient, environment: string): Promise<void> {
  const { journal, report, signal, onStep } = migration
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    const state = journal.begun.environments[environment] ?? {}
    if (state.compared) return
    if (!state.loaded) await load(migration, client, environment)
    onStep?.('loaded')
    report({ kind: 'progress', subject: environment, text: 'old and new are being compared' })
    const [old, now] = await Promise.all([
      new ForeignLanes(migration, sourcesOf(journal.begun, environment)).describe(),
      client.request('describeState', { lane: environment }),
    ])
    const found = differences(old, now)
    if (found.length === 0) {
      await journal.noteEnvironment(environment, { compared: compared(old) })
      return
    }
    if (attempt === attempts) throw notTheSame(environment, found)
    report({ kind: 'info', subject: environment, text: `is copied again, as old and new differ: ${found[0]}` })
    await journal.noteAgain(environment)
    await saveOld(migration, environment)
  }
}

/** What the environment had is saved first: it comes back when all is rolled back. */
async function load(migration: Migration, client: LaneClient, environment: string): Promise<void> {
  const { config, journal, store, report, signal } = migration
  const { before, saved = '' } = journal.begun.environments[environment] ?? {}
  if (before === undefined || !(await isThere(store, before))) {
    const name = `before-migrate-${environment}-${automaticName()}`
    await journal.noteEnvironment(environment, { before: name })
    const reason = `what was in ${environment} before \`isolane migrate\``
    const options = { store, client, name, lanes: [environment], reason, stack: config.name, report, signal }
    await using snapshot = await createSnapshot(options)
    await verifySnapshot(snapshot)
  }
  await journal.noteEnvironment(environment, { loading: true })
  report({ kind: 'progress', subject: environment, text: 'is being filled' })
  await using snapshot = await store.open(saved)
  await restoreIntoLane({
    snapshot,
    load: async (folder, state) => {
      await client.request('loadState', { lane: environment, folder, saved: state })
    },
  })
  await journal.noteEnvironment(environment, { loaded: true })
}

async function switchFiles(
  { config, journal }: Migration,
  client: LaneClient,
  environments: readonly string[],
): Promise<readonly WrittenEnvFile[]> {
  const keptFiles = environments.map((name) => {
    const file = `.env.${name}`
    const path = join(config.root, file)
    return existsSync(path) ? { file, text: readFileSync(path, 'utf8') } : { file }
  })
  if (!journal.begun.keptFiles) await journal.note({ keptFiles })
  const { environments: known = [] } = await client.request('status', {})
  const written: WrittenEnvFile[] = []
  for (const environment of known.filter(({ name }) => environments.includes(name))) {
    const lane = await client.request('look', { lane: environment.name })
    written.push(await writeEnvFile(config, environment, lane, `.env.${environment.name}`))
  }
  await journal.note({ filesWritten: true })
  return written
}

/** Not before the old databases were looked at once more: what was written to them meanwhile would be missed. */
async function stopOld(migration: Migration, sources: readonly Source[]): Promise<readonly string[]> {
  const { journal } = migration
  if (!journal.begun.stopping) {
    for (const [environment, { compared: before = {} }] of Object.entries(journal.begun.environments)) {
      const now = await new ForeignLanes(migration, sourcesOf(journal.begun, environment)).describe()
      const changed = changedSince(before, compared(now))
      if (changed.length === 0) continue
      await journal.noteAgain(environment)
      throw writtenSince(environment, changed)
    }
    await journal.note({ stopping: true })
  }
  return stopContainers(sources)
}

function sourcesOf({ sources }: Journal, environment: string): readonly Source[] {
  return sources.filter((source) => source.environment === environment)
}

/** A snapshot that was begun may never have been finished. */
async function isThere(store: SnapshotStore, name: string): Promise<boolean> {
  return (await store.list()).some((entry) => entry.name === name && entry.manifest)
}

function fileText({ file, needed }: WrittenEnvFile): string {
  const set = needed.length > 0 ? `, once ${needed.join(', ')} ${needed.length === 1 ? 'is' : 'are'} set` : ''
  return `${file} leads to the new stack${set}`
}

function writtenSince(environment: string, services: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_MIGRATE_FAILED',
    message: `The old ${services.join(' and ')} of ${environment} ${services.length === 1 ? 'was' : 'were'} written to after all was copied; nothing was stopped`,
    remedy: `end the programs that write there (they read other variables once they are started anew), then \`isolane migrate --resume\`: it is copied again`,
  })
}

function notTheSame(environment: string, found: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_MIGRATE_FAILED',
    message: `Old and new ${environment} are not the same after ${attempts} copies`,
    remedy: `end the programs that write to the old ${environment}, then go on with \`isolane migrate --resume\`, or take all back with \`--rollback\``,
    output: found.join('\n'),
  })
}
