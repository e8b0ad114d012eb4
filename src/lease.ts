import { resolve } from 'node:path'
import { configOf, runtimes } from './builtin.ts'
import type { StackConfig } from './core/config.ts'
import { HeldLane, type LaneSource } from './core/held-lane.ts'
import { plainLines, type Report } from './core/report.ts'
import { shareStack } from './core/shared-stack.ts'
import { sourceFromEnvironment } from './core/source-variable.ts'
import { openLane, type WorkerLane } from './open-lane.ts'

export interface LeaseOptions {
  /** The project: the folder of `isolane.config.ts`, or one below it. Default: the current folder. */
  readonly root?: string
  /** The stack, inline, in place of `isolane.config.ts`. */
  readonly stack?: StackConfig
}

/** A lane that this process holds until it gives it back, or ends. */
export type LeasedLane = WorkerLane & AsyncDisposable

/**
 * Leases a lane for whatever is neither Vitest nor Jest: `await using lane = await lease()`.
 *
 * It comes from the stack of this run (`isolane exec`), else from the one that is up (`isolane up`), else from one that is
 * started for this process and ends with its last lane. `process.env` is left alone; `lane.env` has the variables.
 * @throws ISOLANE_CONFIG_NOT_FOUND, ISOLANE_LANES_EXHAUSTED, or why the stack could not start.
 */
export async function lease(options: LeaseOptions = {}): Promise<LeasedLane> {
  const { source, leave } = await sourceFor(options)
  try {
    const held = await HeldLane.lease(source, { what: `lease() in ${process.argv[1] ?? 'node'}` })
    const release = async () => {
      held.release()
      await leave()
    }
    return Object.assign(openLane(held), { [Symbol.asyncDispose]: release })
  } catch (error) {
    await leave()
    throw error
  }
}

async function sourceFor({ root, stack }: LeaseOptions): Promise<{ source: LaneSource; leave(): Promise<void> }> {
  const ofThisRun = root === undefined && stack === undefined ? sourceFromEnvironment() : undefined
  if (ofThisRun) return { source: ofThisRun, leave: async () => {} }
  const config = await configOf(resolve(root ?? '.'), stack)
  const { signal } = new AbortController()
  const { handle, leave } = await shareStack({ config, runtimes, workers: 1, report: warnings, signal }, Symbol())
  return { source: { address: handle.address, reset: config.reset }, leave }
}

/** A script's own output is not ours to fill. */
const warnings: Report = (event) => {
  if (event.kind === 'warning') plainLines(event)
}
