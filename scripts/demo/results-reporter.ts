import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** What came out of a run. */
export interface Results {
  readonly files: number
  /** Files with a failed test, or that could not run at all. */
  readonly failedFiles: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The variable that names the file the results go to. */
export const resultsVariable = 'ISOLANE_DEMO_RESULTS'

/** Leaves the results of a run in a file, and says nothing. */
export default class ResultsReporter implements Reporter {
  onTestRunEnd(files: readonly TestModule[]): void {
    const states = files.flatMap((file) => [...file.children.allTests()].map((test) => test.result().state))
    const count = (wanted: string) => states.filter((state) => state === wanted).length
    const results: Results = {
      files: files.length,
      failedFiles: files.filter((file) => file.state() === 'failed').length,
      passed: count('passed'),
      failed: count('failed'),
      skipped: count('skipped'),
    }
    const path = process.env[resultsVariable]
    if (path && files.length > 0) writeFileSync(path, JSON.stringify(results))
  }
}
