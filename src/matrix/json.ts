import type { Versions } from '../core/config.ts'
import { type FailingTest, failingTests } from './differences.ts'
import type { Outcome, TestResult } from './outcome.ts'

/** What `isolane matrix --json` prints. Times are milliseconds, memory is bytes; what is not known is left out. */
export interface MatrixReport {
  /** Whether every combination passed. */
  readonly passed: boolean
  readonly combinations: readonly CombinationReport[]
  /** Every test that fails anywhere, and on which combinations. */
  readonly failingTests: readonly FailingTest[]
}

export interface CombinationReport extends Omit<Outcome, 'tests'> {
  readonly versions: Versions
  /** Absent where at most the tests' number is known. */
  readonly failedTests?: readonly TestResult[]
}

export function matrixReport(outcomes: readonly Outcome[]): MatrixReport {
  return {
    passed: outcomes.every(({ status }) => status === 'passed'),
    combinations: outcomes.map(combinationReport),
    failingTests: failingTests(outcomes),
  }
}

function combinationReport({ tests, ...outcome }: Outcome): CombinationReport {
  const { milliseconds, startMilliseconds, memory } = outcome
  return {
    ...outcome,
    milliseconds: Math.round(milliseconds),
    ...(startMilliseconds === undefined ? {} : { startMilliseconds: Math.round(startMilliseconds) }),
    ...(memory === undefined ? {} : { memory: Math.round(memory) }),
    ...(tests ? { failedTests: tests.filter(({ status }) => status === 'failed') } : {}),
  }
}
