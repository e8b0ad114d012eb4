import { existsSync, readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import * as v from 'valibot'
import type { TestResult } from './outcome.ts'
import { type Counts, summaries } from './summaries.ts'

const line = v.object({
  file: v.string(),
  tests: v.array(
    v.object({
      name: v.string(),
      status: v.picklist(['passed', 'failed', 'skipped']),
      milliseconds: v.number(),
      failure: v.exactOptional(v.string()),
    }),
  ),
})

/** What `addResults` has written. @returns `undefined` when nothing was */
export function readResults(resultsFile: string): readonly TestResult[] | undefined {
  if (!existsSync(resultsFile)) return undefined
  const files = readFileSync(resultsFile, 'utf8').split('\n').map(testsOf)
  return files.some((tests) => tests) ? files.flatMap((tests) => tests ?? []) : undefined
}

/** The numbers of tests, of what {@link readResults} returns. */
export function countsOf(tests: readonly TestResult[]): Counts {
  const number = (wanted: TestResult['status']) => tests.filter(({ status }) => status === wanted).length
  return { passed: number('passed'), failed: number('failed'), skipped: number('skipped') }
}

/**
 * The numbers of tests, from the last summary in what a run has printed: of Vitest, Jest, Mocha, node:test, pytest or
 * Playwright.
 * @returns `undefined` when there is none
 */
export function countsIn(log: string): Counts | undefined {
  const lines = stripVTControlCharacters(log).split(/\r?\n/)
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    for (const summary of summaries) {
      const counts = summary(lines, index)
      if (counts) return counts
    }
  }
  return undefined
}

/** @returns `undefined` where no test file is told of */
function testsOf(text: string): TestResult[] | undefined {
  if (!text) return undefined
  try {
    const { file, tests } = v.parse(line, JSON.parse(text))
    return tests.map((test) => ({ file, ...test }))
  } catch {
    // The piece of a line that a killed process has left.
    return undefined
  }
}
