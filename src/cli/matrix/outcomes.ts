import { readFileSync } from 'node:fs'
import { harmless } from '../../core/harmless.ts'
import { type FailingTest, failingTests } from '../../matrix/differences.ts'
import { matrixReport } from '../../matrix/json.ts'
import { junitXml } from '../../matrix/junit.ts'
import { markdownSummary } from '../../matrix/markdown.ts'
import type { Outcome } from '../../matrix/outcome.ts'
import { outcomesTable } from '../../matrix/table.ts'
import { append, isStandardOutput, write } from '../write.ts'

export interface OutcomeOptions {
  /** `true` or `-`: standard output, and the table goes to standard error. */
  readonly json?: string | true
  readonly junit?: string
  readonly summary?: string
}

/** How much of a failed combination's log is shown. */
const lastLines = 20
const mostTests = 30

/** @throws ISOLANE_OPTION_INVALID when a file can't be written; the table is shown before that */
export function tellOutcomes(outcomes: readonly Outcome[], options: OutcomeOptions): void {
  const { json, junit, summary = process.env.GITHUB_STEP_SUMMARY || undefined } = options
  const shown = isStandardOutput(json) ? process.stderr : process.stdout
  shown.write(`${forPeople(outcomes)}\n`)
  if (json !== undefined) write('--json', json, JSON.stringify(matrixReport(outcomes), undefined, 2))
  if (junit !== undefined) write('--junit', junit, junitXml(outcomes))
  if (summary !== undefined) append('--summary', summary, markdownSummary(outcomes))
}

function forPeople(outcomes: readonly Outcome[]): string {
  const tests = failingTests(outcomes)
  const more = tests.length > mostTests ? [`… and ${tests.length - mostTests} more`] : []
  const paragraphs = [
    ...outcomes.filter(({ status }) => status === 'failed').map(failed),
    [...tests.slice(0, mostTests).map(failing), ...more].join('\n'),
    outcomesTable(outcomes),
  ]
  return paragraphs.filter(Boolean).join('\n\n')
}

function failed({ name, failure = '', logFile }: Outcome): string {
  const head = harmless(`${name} failed: ${failure}`)
  return [head, ...tail(logFile), ...(logFile ? [`  the whole log: ${logFile}`] : [])].join('\n')
}

function tail(logFile: string): string[] {
  if (!logFile) return []
  const log = harmless(readFileSync(logFile, 'utf8')).trimEnd()
  if (!log) return []
  return log
    .split('\n')
    .slice(-lastLines)
    .map((line) => `  | ${line}`)
}

function failing({ file, name, only }: FailingTest): string {
  return harmless(`${file}: ${name} fails ${only === undefined ? 'wherever it ran' : `on ${only} only`}`)
}
