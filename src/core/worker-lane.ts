import net from 'node:net'
import { isIsolaneError } from './errors.ts'
import { HeldLane, type LaneSource, type Worker } from './held-lane.ts'
import { plainLines } from './report.ts'

interface Leasing {
  readonly source: LaneSource
  readonly promise: Promise<HeldLane>
  held?: HeldLane
}

/**
 * One lane for all module graphs and contexts of a worker. Core modules are what they share: `process` is a copy in each
 * of Jest's.
 */
const key = Symbol.for('isolane.worker-lane')
const home = net as unknown as { [key]?: Leasing }

/** Where a module graph has the lane that its clients are connected to. */
interface ModuleGraph {
  [key]?: HeldLane
}

/**
 * Leases this worker's lane. A worker that has one already stays with it, made clean unless `reset` is `never`; one whose
 * server has ended, that is kept because a test failed on it, or that is of another stack is given back for another.
 * @param graph of the test file that starts: the global object where each context of the worker has its own
 */
export async function leaseForWorker(
  source: LaneSource,
  worker: Worker,
  graph = globalThis as ModuleGraph,
): Promise<HeldLane> {
  const held = await leaseOrStay(source, worker, graph)
  graph[key] = held
  return held
}

async function leaseOrStay(source: LaneSource, worker: Worker, graph: ModuleGraph): Promise<HeldLane> {
  const before = home[key]
  const held = await before?.promise.catch(() => undefined)
  if (before && held && (await canStay(held, before.source, source, graph))) return held
  const leasing: Leasing = { source, promise: HeldLane.lease(source, worker) }
  home[key] = leasing
  leasing.held = await leasing.promise
  return leasing.held
}

/** The lane this worker holds, if it holds one. */
export function workerLane(): HeldLane | undefined {
  return home[key]?.held
}

async function canStay(held: HeldLane, from: LaneSource, source: LaneSource, graph: ModuleGraph): Promise<boolean> {
  if (from.address.path !== source.address.path || (held.kept && graph[key] !== held)) {
    held.release()
    return false
  }
  try {
    // Modules that outlive their test file (`isolate: false`) go on writing to this lane.
    if (held.kept) {
      await held.letGo()
      const text = 'is not kept after all: modules that outlive their test file go on using it (`isolate: false`)'
      plainLines({ kind: 'info', subject: held.lane.id.name, text })
    }
    await held.forgetMarks()
    if (source.reset !== 'never') await held.reset()
    return true
  } catch (error) {
    // A lane whose server has ended is not kept any more, so it can't be let go either.
    if (!isIsolaneError(error, 'ISOLANE_LANE_LOST', 'ISOLANE_OPTION_INVALID')) throw error
    held.release()
    return false
  }
}
