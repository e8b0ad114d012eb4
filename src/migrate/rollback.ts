import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { IsolaneError } from '../core/errors.ts'
import type { LaneClient } from '../core/lane-client.ts'
import { silent } from '../core/report.ts'
import { createSnapshot } from '../snapshots/create.ts'
import { automaticName } from '../snapshots/names.ts'
import { restoreIntoLane } from '../snapshots/restore.ts'
import { verifySnapshot } from '../snapshots/verify.ts'
import { startContainers } from './containers.ts'
import { ForeignLanes } from './foreign-lanes.ts'
import type { Migration } from './run.ts'

export interface Rollback extends Omit<Migration, 'isUp' | 'bringUp' | 'onStep'> {
  /** The stack, where it is up. */
  connect(): Promise<LaneClient | undefined>
  /** Ends it. */
  takeDown(): Promise<void>
}

/**
 * Takes a migration back, wherever it has come to: the old databases run, the `.env` files are as they were, and a stack that
 * it brought up is down again. May be done again when it is itself interrupted.
 * @returns what was done, a line each
 */
export async function rollBack(rollback: Rollback): Promise<readonly string[]> {
  const { config, journal, signal } = rollback
  const { sources, stopping, keptFiles = [], broughtUp } = journal.begun
  const lines: string[] = []
  // First: it may have the old ports by now.
  if (broughtUp) {
    await rollback.takeDown()
    lines.push('the stack is down; what was copied into it stays until `isolane down --data`')
  }
  if (stopping) {
    lines.push(...(await startContainers(sources)))
    const started = sources.filter(({ container }) => container)
    await answering(() => new ForeignLanes(rollback, started).sizes(silent), signal)
  }
  for (const { file, text } of keptFiles) {
    putBack(join(config.root, file), text)
    lines.push(`${file} is ${text === undefined ? 'gone, as it was' : 'as it was'}`)
  }
  if (!broughtUp) lines.push(...(await refill(rollback)))
  await journal.forget()
  return lines
}

/** A stack that was up before has its environments' data again; what they have now is saved first. */
async function refill(rollback: Rollback): Promise<readonly string[]> {
  const { config, journal, store, report, signal, connect } = rollback
  const { environments } = journal.begun
  const filled = Object.entries(environments).filter(([, { loading }]) => loading)
  if (filled.length === 0) return []
  const client = await connect()
  if (!client) throw notUp(filled.map(([name]) => name))
  try {
    const lines: string[] = []
    for (const [environment, { before = '' }] of filled) {
      const name = `before-rollback-${environment}-${automaticName()}`
      const reason = `what was in ${environment} before \`isolane migrate --rollback\``
      const options = { store, client, name, lanes: [environment], reason, stack: config.name, report, signal }
      await using now = await createSnapshot(options)
      await verifySnapshot(now)
      await using snapshot = await store.open(before)
      await restoreIntoLane({
        snapshot,
        load: async (folder, saved) => {
          await client.request('loadState', { lane: environment, folder, saved })
        },
      })
      lines.push(`${environment} has what it had before; what it had until now is saved as ${name}`)
    }
    return lines
  } finally {
    client.close()
  }
}

function notUp(environments: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STACK_NOT_UP',
    message: `The stack is not up, so ${environments.join(' and ')} can't be given back what it had before the migration`,
    remedy: 'start it with `isolane up`, then this again',
  })
}

function putBack(path: string, text: string | undefined): void {
  if (text === undefined) {
    rmSync(path, { force: true })
    return
  }
  const partial = `${path}.${process.pid}.partial`
  writeFileSync(partial, text, { mode: 0o600 })
  renameSync(partial, path)
}

const patience = 60_000

/** Servers that were just started take a while. */
async function answering(ask: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  const until = performance.now() + patience
  for (;;) {
    try {
      await ask()
      return
    } catch (error) {
      if (performance.now() > until || signal.aborted) throw error
    }
    await delay(250)
  }
}
