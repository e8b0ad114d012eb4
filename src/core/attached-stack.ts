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
    await client.request('warm', { workers: options.workers })
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
    if (afterRun) await saveAttached(client, afterRun, config)
    await writeReport(() => client.request('status', {}))
    if (config.keep === 'failed') tellKept((await client.request('status', {})).pool.lanes, config, report)
    const { ends } = await client.request('leave', {})
    client.close()
    if (ends) await hasEnded(owner)
  } catch (error) {
    ignoreLost(error)
  } finally {
    client.close()
  }
}

/** Lanes that were kept or left for the snapshot alone are let go of. */
async function saveAttached(client: LaneClient, afterRun: AfterRun, { keep }: ResolvedConfig): Promise<void> {
  await afterRun.save(client)
  const { lanes } = (await client.request('status', {})).pool
  const done = lanes.filter(({ phase, failedTest, snapshot }) => {
    if (snapshot !== afterRun.snapshot.name) return false
    // Those where a test failed are kept also as long as their worker is still at its end.
    return failedTest === undefined ? phase === 'left' : keep !== 'failed'
  })
  // Another run may have needed one in the meantime.
  await Promise.allSettled(done.map(({ name }) => client.request('letGo', { lane: name })))
}

/** The last words of a run: what outlives it. */
function tellKept(lanes: readonly LaneStatus[], { root }: ResolvedConfig, report: Report): void {
  const kept = lanes.flatMap(({ name, failedTest }) => (failedTest === undefined ? [] : [{ name, failedTest }]))
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
