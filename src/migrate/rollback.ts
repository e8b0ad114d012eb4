import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { LaneClient } from '../core/lane-client.ts'
import { restoreIntoLane } from '../snapshots/restore.ts'
import { startContainers } from './containers.ts'
import { ForeignLanes } from './foreign-lanes.ts'
import { isThere, type Migration } from './run.ts'

export interface Rollback extends Omit<Migration, 'bringUp' | 'onStep'> {
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
  const { config, journal, report, signal } = rollback
  const { sources, stopping, keptFiles = [], broughtUp } = journal.begun
  const lines: string[] = []
  if (stopping) {
    lines.push(...(await startContainers(sources)))
    await answering(() => new ForeignLanes(config, sources, report, signal).describe(), signal)
  }
  for (const { file, text } of keptFiles) {
    putBack(join(config.root, file), text)
    lines.push(`${file} is ${text === undefined ? 'gone, as it was' : 'as it was'}`)
  }
  if (broughtUp) {
    await rollback.takeDown()
    lines.push('the stack is down; what was copied into it stays until `isolane down --data`')
  } else lines.push(...(await refill(rollback)))
  await journal.forget()
  return lines
}

/** A stack that was up before has its environments' data again. */
async function refill({ journal, store, connect }: Rollback): Promise<readonly string[]> {
  const { environments } = journal.begun
  const changed = Object.entries(environments).filter(([, { before }]) => before !== undefined)
  if (changed.length === 0) return []
  const client = await connect()
  if (!client)
    return changed.map(
      ([name, { before }]) =>
        `${name} has what was copied; \`isolane up\`, then \`isolane snapshot restore ${before} --into ${name}\`, bring back what it had`,
    )
  try {
    const lines: string[] = []
    for (const [environment, { before = '' }] of changed) {
      if (!(await isThere(store, before))) continue
      await using snapshot = await store.open(before)
      await restoreIntoLane({
        snapshot,
        load: async (folder, saved) => {
          await client.request('loadState', { lane: environment, folder, saved })
        },
      })
      lines.push(`${environment} has what it had before`)
    }
    return lines
  } finally {
    client.close()
  }
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
