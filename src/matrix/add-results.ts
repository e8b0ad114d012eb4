import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { TestResult } from './outcome.ts'

const longestFailure = 4_000

/** A test of a file that is known already. */
export type FileResult = Omit<TestResult, 'file'>

/** The file that `ISOLANE_RESULTS_FILE` names: runs add what their tests came to, a line of JSON for each test file. */
export function resultsFile(): string | undefined {
  return process.env.ISOLANE_RESULTS_FILE || undefined
}

/**
 * Adds what the tests of one test file came to. Several processes may do so at once: lines are written whole, each on a
 * line of its own even where a killed process left the piece of one.
 * @param path of the test file
 */
export function addResults(resultsFile: string, path: string, tests: readonly FileResult[]): void {
  const file = relative(process.cwd(), path).replaceAll('\\', '/')
  appendFileSync(resultsFile, `\n${JSON.stringify({ file, tests: tests.map(shortened) })}\n`, { mode: 0o600 })
}

function shortened(test: FileResult): FileResult {
  const { failure, milliseconds } = test
  const rounded = { ...test, milliseconds: Math.round(milliseconds) }
  if (failure === undefined) return rounded
  return { ...rounded, failure: stripVTControlCharacters(failure).slice(0, longestFailure) }
}
