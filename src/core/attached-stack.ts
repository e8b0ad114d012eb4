import { setTimeout as delay } from 'node:timers/promises'
import type { ResolvedConfig } from './config.ts'
import { isIsolaneError } from './errors.ts'
import { isolaneCommand } from './isolane-command.ts'
import { LaneClient } from './lane-client.ts'
import type { LaneStatus } from './lane-status.ts'
import { isAlive, type ProcessIdentity } from './process-identity.ts'
import type { Report } from './report.ts'
import { writeReport } from './run-report.ts'
import type { AfterRun, StackHandle, StackHandleOptions } from './stack-handle.ts'
import type { ReadyRecord } from './up-record.ts'

/** Milliseconds to wait for a stack that ends with us. Longer than it takes to stop servers that do not want to. */
const patience = 30_000

/** Uses a stack that is up. `undefined` when it is just ending, or was killed. */
export async function attachTo(up: ReadyRecord, options: StackHandleOptions): Promise<StackHandle | undefined> {
  const client = await LaneClient.connect(up.address).catch(ignoreLost)
  if (!client) return undefined
  try {
    if (options.config.keep === 'stack') await client.request('stay', {})
    const { workers, afterRun } = options
    await client.request('warm', { workers, ...(afterRun ? { snapshot: afterRun.snapshot.name } : {}) })
  } catch (error) {
    client.close()
    return ignoreLost(error)
  }
  let closing: Promise<void> | undefined
  const { reset, keep, root } = options.config
  return {
    source: {
      address: up.address,
      reset,
      root,
      keepFailed: keep === 'failed',
      ...(options.afterRun ? { snapshot: options.afterRun.snapshot } : {}),
    },
    attached: true,
    status: () => client.request('status', {}),
    close: () => {
      closing ??= leave(client, up.owner, options)
      return closing
    },
  }
}

async function leave(
  client: LaneClient,
  owner: ProcessIdentity,
  { config, report, afterRun }: StackHandleOptions,
): Promise<void> {
  try {
    const unsaved = afterRun ? await saveAttached(client, afterRun) : 0
    await writeReport(() => client.request('status', {}))
    if (config.keep === 'failed' || unsaved > 0)
      tellKept((await client.request('status', {})).pool.lanes, config, report)
    const { ends } = await client.request('leave', {})
    client.close()
    if (ends) await hasEnded(owner)
  } catch (error) {
    ignoreLost(error)
  } finally {
    client.close()
  }
}

/**
 * Once we leave, lanes that were kept for the snapshot alone are let go. Those that are not in it are the only copy of what
 * the tests left, so they stay.
 * @returns how many these are
 */
async function saveAttached(client: LaneClient, { snapshot, save }: AfterRun): Promise<number> {
  const saved = await save(client)
  const { lanes } = (await client.request('status', {})).pool
  const unsaved = lanes.filter((lane) => lane.snapshot === snapshot.name && lane.kept && !saved.includes(lane.name))
  const kept = await Promise.allSettled(
    unsaved.map(({ name, failedTest = '' }) => client.request('keepAs', { lane: name, reason: failedTest })),
  )
  return kept.filter(({ status }) => status === 'fulfilled').length
}

/** The last words of a run: what outlives it. */
function tellKept(lanes: readonly LaneStatus[], { root }: ResolvedConfig, report: Report): void {
  const kept = lanes.flatMap(({ name, kept, failedTest }) => (kept ? [{ name, failedTest }] : []))
  if (kept.length === 0) return
  const isolane = isolaneCommand(root)
  const rows = kept.map(({ name, failedTest }) => `\n  ${isolane} open ${name}: "${failedTest}"`)
  const text = `stays up with the lanes of test files that failed; \`${isolane} down\` ends it${rows.join('')}`
  report({ kind: 'info', subject: 'stack', text })
}

async function hasEnded(owner: ProcessIdentity): Promise<void> {
  const until = performance.now() + patience
  while (isAlive(owner) && performance.now() < until) await delay(20)
}

function ignoreLost(error: unknown): undefined {
  if (!isIsolaneError(error, 'ISOLANE_LANE_LOST')) throw error
}
