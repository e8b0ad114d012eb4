/** What replaces everything in an environment, so that it can be had back: save, verify, put on record, do. */
import type { Retention } from '../core/config.ts'
import type { LaneClient } from '../core/lane-client.ts'
import type { Report } from '../core/report.ts'
import { createSnapshot } from '../snapshots/create.ts'
import { automaticName } from '../snapshots/names.ts'
import type { OpenSnapshot } from '../snapshots/open-snapshot.ts'
import { leftAlone, restoreIntoLane } from '../snapshots/restore.ts'
import { pruneAfter } from '../snapshots/retention.ts'
import type { SnapshotStore } from '../snapshots/store.ts'
import { verifySnapshot } from '../snapshots/verify.ts'
import { type Intent, recorded, type StackKey } from './log.ts'
import type { ActName } from './policy.ts'

/** A stack that is up, and where the snapshots of its project are. */
export interface ActingOn {
  readonly config: StackKey & { readonly retention: Retention }
  readonly store: SnapshotStore
  readonly client: LaneClient
  readonly report: Report
  /** Calls it off before anything is changed; what has been begun comes to its end. */
  readonly signal: AbortSignal
}

/**
 * Makes an environment what migrations and seed make.
 * @param save `false`: what was there is gone for good
 * @returns name of the snapshot of what was there
 * @throws ISOLANE_RESET_FAILED, ISOLANE_ENVIRONMENT_PROTECTED, and what saving fails of; then nothing is changed
 */
export async function wipe(
  on: ActingOn,
  act: 'wipe' | 'reset',
  environment: string,
  { save = true }: { readonly save?: boolean } = {},
): Promise<string | undefined> {
  const { config, client, report } = on
  const snapshot = save ? nameBefore(act, environment) : undefined
  await recorded(config, { act, environment, ...(snapshot === undefined ? {} : { snapshot }) }, async () => {
    if (snapshot !== undefined) await saveBefore(on, snapshot, act, environment)
    on.signal.throwIfAborted()
    report({ kind: 'progress', subject: environment, text: 'is being wiped' })
    await client.request('wipe', { environment, ...(snapshot === undefined ? {} : { snapshot }) })
  })
  await pruneAfter(on.store, config.retention, report)
  return snapshot
}

/** What comes back, and where from. */
export interface ComingBack {
  /** Verified, and held open. */
  readonly snapshot: OpenSnapshot
  /** Of the snapshot. */
  readonly lane: string
  /** Its name or path, for the record. */
  readonly named: string
  /** The act that this undoes. */
  readonly undoes?: string
}

/**
 * Makes an environment what a snapshot holds, or leaves it as it is.
 * @returns name of the snapshot of what was there
 * @throws ISOLANE_RESTORE_FAILED, ISOLANE_SNAPSHOT_REFUSED, ISOLANE_ENVIRONMENT_PROTECTED, and what saving fails of; then
 * nothing is changed
 */
export async function bringBack(
  on: ActingOn,
  act: 'undo' | 'restore',
  environment: string,
  { snapshot, lane, named, undoes }: ComingBack,
): Promise<string> {
  const { config, client, report } = on
  const before = nameBefore(act, environment)
  const intent: Intent = { act, environment, snapshot: before, from: named, lane, ...(undoes ? { undoes } : {}) }
  await recorded(config, intent, async () => {
    await saveBefore(on, before, act, environment)
    on.signal.throwIfAborted()
    report({ kind: 'progress', subject: lane, text: `comes back into ${environment}` })
    await restoreIntoLane({
      snapshot,
      from: lane,
      verified: true,
      load: async (folder, saved) => {
        await client.request('loadState', { lane: environment, folder, saved })
        const { endpoints } = await client.request('look', { lane: environment })
        for (const text of leftAlone(Object.keys(endpoints), saved)) {
          report({ kind: 'warning', subject: environment, text })
        }
      },
    })
  })
  await pruneAfter(on.store, config.retention, report)
  return before
}

/**
 * Takes data over into an environment from a file.
 * @param from the file's path, for the record
 * @param replaces whether some of what is there goes: then all of it is saved first
 * @param work all or nothing
 * @returns what came of it, and the name of the snapshot of what was there
 * @throws what saving fails of; then nothing is changed
 */
export async function takeOver<Result>(
  on: ActingOn,
  environment: string,
  { from, replaces }: { readonly from: string; readonly replaces: boolean },
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly snapshot?: string }> {
  const saved = replaces ? { snapshot: nameBefore('import', environment) } : {}
  const result = await recorded(on.config, { act: 'import', environment, from, ...saved }, async () => {
    if (saved.snapshot !== undefined) await saveBefore(on, saved.snapshot, 'import', environment)
    on.signal.throwIfAborted()
    return work()
  })
  await pruneAfter(on.store, on.config.retention, on.report)
  return { result, ...saved }
}

/** `before-wipe-dev-20261122-053433-4f1c`. */
function nameBefore(act: ActName, environment: string): string {
  return `before-${act}-${environment}-${automaticName()}`
}

async function saveBefore(on: ActingOn, name: string, act: ActName, environment: string): Promise<void> {
  const { store, client, config, report, signal } = on
  await using snapshot = await createSnapshot({
    store,
    client,
    name,
    named: false,
    lanes: [environment],
    reason: `what was in ${environment} before \`isolane ${commandOf(act)}\``,
    stack: config.name,
    report,
    signal,
  })
  await verifySnapshot(snapshot, { onStep: () => signal.throwIfAborted() })
  for (const [service, saved] of Object.entries(snapshot.manifest.lanes[environment]?.services ?? {})) {
    if (!('unsupported' in saved)) continue
    const text = `${service} is not in ${name}, so what it holds does not come back: ${saved.unsupported}`
    report({ kind: 'warning', subject: environment, text })
  }
}

function commandOf(act: ActName): string {
  if (act === 'restore') return 'snapshot restore'
  return act === 'import' ? 'import sqlite --replace' : act
}
