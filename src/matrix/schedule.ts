import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../core/errors.ts'
import type { Capacity } from './capacity.ts'
import type { Combination } from './combination.ts'
import type { Outcome } from './outcome.ts'

/** Milliseconds between two looks at what is free. */
const lookAgain = 500

export interface ScheduleOptions {
  readonly capacity: Capacity
  /** The first that fails stops those that run, and no more begin. */
  readonly failFast?: boolean
  /** Stops those that run, and no more begin. */
  readonly signal: AbortSignal
  /** Runs the command on one. Its signal says when that is to be stopped. An error is that combination's failure. */
  run(combination: Combination, signal: AbortSignal): Promise<Outcome>
  /** Called whenever one has begun or has ended. */
  onChange?(running: readonly Combination[], outcomes: readonly Outcome[]): void
}

/** Runs all of them, as many side by side as fit. @returns what came of each, in their order */
export async function schedule(
  combinations: readonly Combination[],
  { capacity, failFast = false, signal: outer, run, onChange }: ScheduleOptions,
): Promise<readonly Outcome[]> {
  const stop = new AbortController()
  const signal = AbortSignal.any([outer, stop.signal])
  const waiting = [...combinations]
  const running = new Map<Combination, Promise<void>>()
  const outcomes = new Map<Combination, Outcome>()
  const changed = () => onChange?.([...running.keys()], [...outcomes.values()])
  const runOne = async (combination: Combination) => {
    const begun = performance.now()
    const outcome = await run(combination, signal).catch((error: unknown) => ({
      ...notStarted(combination),
      status: 'failed' as const,
      milliseconds: performance.now() - begun,
      failure: messageOf(error).split('\n')[0] ?? '',
    }))
    outcomes.set(combination, outcome)
    running.delete(combination)
    capacity.ended()
    if (failFast && outcome.status === 'failed') stop.abort()
    changed()
  }
  while (!signal.aborted && waiting.length > 0) {
    if (capacity.hasRoom(running.size)) {
      const next = waiting.shift() as Combination
      running.set(next, runOne(next))
      changed()
    } else {
      await Promise.race([...running.values(), delay(lookAgain, undefined, { ref: false })])
    }
  }
  await Promise.all(running.values())
  return combinations.map((combination) => outcomes.get(combination) ?? notStarted(combination))
}

function notStarted({ name, versions }: Combination): Outcome {
  return { name, versions, status: 'not started', milliseconds: 0, logFile: '' }
}
