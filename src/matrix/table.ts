import { table } from '../core/table.ts'
import type { Outcome } from './outcome.ts'

export const columns = ['combination', 'result', 'passed', 'failed', 'skipped', 'time', 'start-up', 'memory'] as const

/** A line for each combination, below a head. What is not known is `–`. */
export function outcomesTable(outcomes: readonly Outcome[]): string {
  return table(columns, outcomes.map(cells), { numbers: columns.slice(2) })
}

/** One for each of the {@link columns}. */
export function cells(outcome: Outcome): readonly string[] {
  const { name, status, passed, failed, skipped, milliseconds, startMilliseconds, memory } = outcome
  return [
    name,
    status,
    number(passed),
    number(failed),
    number(skipped),
    status === 'not started' ? '–' : seconds(milliseconds),
    seconds(startMilliseconds),
    memory === undefined ? '–' : `${Math.round(memory / 2 ** 20)} MiB`,
  ]
}

function number(count: number | undefined): string {
  return count === undefined ? '–' : String(count)
}

function seconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '–' : `${(milliseconds / 1000).toFixed(1)} s`
}
