import { runtimes } from '../../builtin.ts'
import type { ResolvedConfig } from '../../core/config.ts'
import { IsolaneError, isIsolaneError } from '../../core/errors.ts'
import { HeldLane } from '../../core/held-lane.ts'
import { openKeptStack } from '../../core/kept-stack.ts'
import { LaneClient } from '../../core/lane-client.ts'
import type { LaneServerAddress } from '../../core/lane-protocol.ts'
import type { Report } from '../../core/report.ts'
import { findUp } from '../../core/up-record.ts'
import { upKey } from '../project.ts'
import { terminalReport } from '../terminal-report.ts'

/** A stack in a process of its own, with a connection to it. */
export interface ConnectedStack extends AsyncDisposable {
  readonly address: LaneServerAddress
  readonly client: LaneClient
}

/**
 * The stack that is up, whatever config it was started from: a snapshot brings its own schema. Else one that is brought up in
 * the background, and ends when nobody uses it and no lane in it is kept.
 * @param lanes how many will be leased
 */
export async function anyStack(config: ResolvedConfig, lanes: number, signal: AbortSignal): Promise<ConnectedStack> {
  const up = findUp(upKey(config))
  const client = up && (await LaneClient.connect(up.address).catch(ignoreLost))
  if (up && client) return { address: up.address, client, [Symbol.asyncDispose]: async () => client.close() }
  const options = { config: { ...config, keep: 'nothing' }, runtimes, workers: lanes, report, signal } as const
  const { handle, refused } = await openKeptStack(options)
  if (!handle) throw notToBeHad(config, refused ?? '')
  const { address } = handle.source
  const own = await LaneClient.connect(address)
  const close = async () => {
    own.close()
    await handle.close()
  }
  return { address, client: own, [Symbol.asyncDispose]: close }
}

/** A clean lane, which goes back when it is released, and is made clean again unless it is kept. */
export function leaseFor(stack: ConnectedStack, what: string, like: string): Promise<HeldLane> {
  const number = Number(/^lane-(\d+)$/.exec(like)?.[1])
  return HeldLane.lease({ address: stack.address, reset: 'never' }, { what, ...(number > 0 ? { number } : {}) })
}

/** That a stack can't be kept is no warning here: without one nothing can be done. */
const report: Report = (event) => {
  if (event.kind !== 'warning' || event.subject !== 'stack') terminalReport()(event)
}

function ignoreLost(error: unknown): undefined {
  if (!isIsolaneError(error, 'ISOLANE_LANE_LOST')) throw error
}

function notToBeHad({ root }: ResolvedConfig, why: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STACK_NOT_UP',
    message: `No stack can be had for ${root} (${why})`,
    remedy: 'bring one up with `isolane up`, and try again',
  })
}
