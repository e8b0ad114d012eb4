import net from 'node:net'
import { isIsolaneError } from './errors.ts'
import { HeldLane, type LaneSource, type Worker } from './held-lane.ts'

interface Leasing {
  readonly promise: Promise<HeldLane>
  held?: HeldLane
}

/**
 * One lane for all module graphs and contexts of a worker. Core modules are what they share: `process` is a copy in each
 * of Jest's.
 */
const key = Symbol.for('isolane.worker-lane')
const home = net as unknown as { [key]?: Leasing }

/**
 * Leases this worker's lane. A worker that has one already keeps it, made clean unless `reset` is `never`; one whose server
 * has ended is given back for another.
 */
export async function leaseForWorker(source: LaneSource, worker: Worker): Promise<HeldLane> {
  const before = await home[key]?.promise.catch(() => undefined)
  if (before && (await isKept(before, source))) return before
  const leasing: Leasing = { promise: HeldLane.lease(source, worker) }
  home[key] = leasing
  leasing.held = await leasing.promise
  return leasing.held
}

/** The lane this worker holds, if it holds one. */
export function workerLane(): HeldLane | undefined {
  return home[key]?.held
}

async function isKept(held: HeldLane, { reset }: LaneSource): Promise<boolean> {
  if (reset === 'never') return true
  try {
    await held.reset()
    return true
  } catch (error) {
    if (!isIsolaneError(error, 'ISOLANE_LANE_LOST')) throw error
    held.release()
    return false
  }
}
