import { resolve } from 'node:path'
import { configOf, runtimes } from './builtin.ts'
import type { RegisteredServices, Services, StackConfig } from './core/config.ts'
import { HeldLane, type LaneSource } from './core/held-lane.ts'
import { openKeptStack } from './core/kept-stack.ts'
import { plainLines, type Report } from './core/report.ts'
import { shareStack } from './core/shared-stack.ts'
import { sourceFromEnvironment } from './core/source-variable.ts'
import { openLane, type WorkerLane } from './open-lane.ts'
import { restoreSaved } from './restore-saved.ts'

export interface LeaseOptions<S extends Services = RegisteredServices> {
  /** The project: the folder of `isolane.config.ts`, or one below it. Default: the current folder. */
  readonly root?: string
  /** The stack, inline, in place of `isolane.config.ts`. Its servers keep this process alive until the lane is given back. */
  readonly stack?: StackConfig<S>
}

/** A lane that this process holds until it gives it back, or ends. */
export type LeasedLane<S extends Services = RegisteredServices> = WorkerLane<S> & AsyncDisposable

interface SharedSource {
  readonly source: LaneSource
  leave(): Promise<void>
}

const neverAborted = new AbortController().signal

/**
 * Leases a lane for whatever is neither Vitest nor Jest: `await using lane = await lease()`.
 *
 * It comes from the stack of this run (`isolane exec`), else from the one that is up (`isolane up`), else from one that is
 * started in the background and ends with its last lane. `process.env` is left alone; `lane.env` has the variables.
 * @throws ISOLANE_CONFIG_NOT_FOUND, ISOLANE_LANES_EXHAUSTED, or why the stack could not start.
 */
export async function lease<const S extends Services = RegisteredServices>(
  options: LeaseOptions<S> = {},
): Promise<LeasedLane<S>> {
  const { source, leave } = await sourceFor(options)
  try {
    const held = await HeldLane.lease(source, { what: `lease() in ${process.argv[1] ?? 'node'}` })
    const { lane, close } = openLane<S>(held, restoreSaved)
    const giveBack = async () => {
      try {
        await close()
      } finally {
        held.release()
        await leave()
      }
    }
    return Object.assign(lane, { [Symbol.asyncDispose]: giveBack })
  } catch (error) {
    await leave()
    throw error
  }
}

async function sourceFor<S extends Services>({ root, stack }: LeaseOptions<S>): Promise<SharedSource> {
  const ofThisRun = root === undefined && stack === undefined ? sourceFromEnvironment() : undefined
  if (ofThisRun) return { source: ofThisRun, leave: async () => {} }
  const config = await configOf(resolve(root ?? '.'), stack as StackConfig | undefined)
  const options = { config, runtimes, workers: 1, report: warnings, signal: neverAborted }
  // In the background even where nothing is kept: connections to servers of our own would keep this process alive.
  const kept = stack ? undefined : await openKeptStack(options)
  const handle = kept?.handle
  if (handle) return { source: handle.source, leave: () => handle.close() }
  // That nothing can be kept has been told.
  const shared = await shareStack(kept ? { ...options, config: { ...config, keep: 'nothing' } } : options, Symbol())
  return { source: shared.handle.source, leave: shared.leave }
}

/** A script's own output is not ours to fill. */
const warnings: Report = (event) => {
  if (event.kind === 'warning') plainLines(event)
}
