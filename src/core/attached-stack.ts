import { isAbsolute, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ResolvedConfig } from './config.ts'
import { isIsolaneError } from './errors.ts'
import { LaneClient } from './lane-client.ts'
import type { LaneStatus } from './lane-status.ts'
import { isAlive, type ProcessIdentity } from './process-identity.ts'
import type { Report } from './report.ts'
import { writeReport } from './run-report.ts'
import { shellWord } from './shell-word.ts'
import type { StackHandle, StackHandleOptions } from './stack-handle.ts'
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
  const { reset, keep } = options.config
  return {
    source: { address: up.address, reset, keepFailed: keep === 'failed' },
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
  { config, report }: StackHandleOptions,
): Promise<void> {
  try {
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

/** The last words of a run: what outlives it. */
function tellKept(lanes: readonly LaneStatus[], { root }: ResolvedConfig, report: Report): void {
  const kept = lanes.flatMap(({ name, failedTest }) => (failedTest === undefined ? [] : [{ name, failedTest }]))
  if (kept.length === 0) return
  const isolane = isBelow(root, process.cwd()) ? 'isolane' : `isolane -C ${shellWord(root)}`
  const rows = kept.map(({ name, failedTest }) => `\n  ${isolane} open ${name}: "${failedTest}"`)
  const text = `stays up with the lanes of test files that failed; \`${isolane} down\` ends it${rows.join('')}`
  report({ kind: 'info', subject: 'stack', text })
}

/** Between the drives of Windows there is no relative path. */
function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return !way.startsWith('..') && !isAbsolute(way)
}

async function hasEnded(owner: ProcessIdentity): Promise<void> {
  const until = performance.now() + patience
  while (isAlive(owner) && performance.now() < until) await delay(20)
}

function ignoreLost(error: unknown): undefined {
  if (!isIsolaneError(error, 'ISOLANE_LANE_LOST')) throw error
}
