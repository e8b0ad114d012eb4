import type { Versions } from '../core/config.ts'

/** What one test came to. */
export interface TestResult {
  /** Relative to the folder that the command ran in, with slashes. */
  readonly file: string
  /** `suite > test`; where its runner has projects, with the project before it: `[unit] suite > test`. */
  readonly name: string
  readonly status: 'passed' | 'failed' | 'skipped'
  readonly milliseconds: number
  /** What it failed with. */
  readonly failure?: string
}

/** What came of the command on one combination. */
export interface Outcome {
  /** The combination's: `postgres 16, redis valkey@9`. */
  readonly name: string
  readonly versions: Versions
  /** `stopped`: while it ran, by a signal or because another one had failed. */
  readonly status: 'passed' | 'failed' | 'stopped' | 'not started'
  /** Absent where a signal ended the command, or it never began. */
  readonly exitCode?: number
  /** Numbers of tests; absent where nothing told them. */
  readonly passed?: number
  readonly failed?: number
  readonly skipped?: number
  /** Absent where at most their number is known. */
  readonly tests?: readonly TestResult[]
  /** From the command's start to its end. */
  readonly milliseconds: number
  /** Until its servers accepted connections: the longest, as they start side by side. */
  readonly startMilliseconds?: number
  /** Bytes that its servers took at the end. */
  readonly memory?: number
  readonly logFile: string
  /** The first line that says why it failed. */
  readonly failure?: string
}
