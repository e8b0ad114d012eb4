import { readFileSync } from 'node:fs'
import { harmless } from '../core/harmless.ts'
import type { StackStatus } from '../core/stack.ts'
import type { Outcome, TestResult } from './outcome.ts'
import { countsIn, countsOf, readResults } from './results.ts'

/** How a command came to its end. */
export interface CommandEnd {
  readonly exitCode?: number
  /** The signal that ended it. */
  readonly endedBy?: string
  /** Why it never began. */
  readonly notStarted?: string
}

export interface OutcomeFiles {
  readonly logFile: string
  readonly resultsFile: string
  readonly reportFile: string
}

/** Puts together what is known of a command that has ended. */
export function readOutcome(
  known: Pick<Outcome, 'name' | 'versions' | 'milliseconds'>,
  end: CommandEnd & { readonly stopped: boolean },
  { logFile, resultsFile, reportFile }: OutcomeFiles,
): Outcome {
  const log = harmless(readFileSync(logFile, 'utf8'))
  const tests = readResults(resultsFile)
  const { exitCode, stopped } = end
  const status = stopped ? 'stopped' : exitCode === 0 ? 'passed' : 'failed'
  return {
    ...known,
    status,
    logFile,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(tests ? { ...countsOf(tests), tests } : countsIn(log)),
    ...measures(reportFile),
    ...(status === 'failed' ? { failure: whyFailed(end, tests ?? [], log) } : {}),
  }
}

/** Services start side by side. */
function measures(reportFile: string): Pick<Outcome, 'startMilliseconds' | 'memory'> {
  const { services } = readReport(reportFile) ?? { services: [] }
  if (services.length === 0) return {}
  const memory = services.flatMap(({ memoryBytes }) => memoryBytes ?? [])
  return {
    startMilliseconds: Math.max(...services.map(({ startMilliseconds }) => startMilliseconds)),
    ...(memory.length > 0 ? { memory: memory.reduce((sum, bytes) => sum + bytes, 0) } : {}),
  }
}

/** @returns `undefined` when there is none, or a piece that a killed process has left */
function readReport(file: string): StackStatus | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StackStatus
  } catch {
    return undefined
  }
}

/** A test's own words say more than Isolane's, and those more than an exit code. */
function whyFailed({ exitCode, endedBy, notStarted }: CommandEnd, tests: readonly TestResult[], log: string): string {
  if (notStarted !== undefined) return notStarted
  const failed = tests.find(({ status }) => status === 'failed')
  if (failed) return [`${failed.file}: ${failed.name}`, ...firstLine(failed.failure)].join(': ')
  const [, error] = /^\s*(?:IsolaneError: |Error: |isolane: )?(.*\[ISOLANE_[A-Z_]+\])/m.exec(log) ?? []
  if (error !== undefined) return error
  return endedBy === undefined ? `it ended with exit code ${exitCode}` : `it was ended by ${endedBy}`
}

function firstLine(text: string | undefined): string[] {
  const [line] = text?.trim().split('\n') ?? []
  return line ? [line] : []
}
