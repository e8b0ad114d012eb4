import { harmlessLine } from '../core/harmless.ts'
import { type FailingTest, failingTests } from './differences.ts'
import type { Outcome } from './outcome.ts'
import { cells, columns } from './table.ts'

const longestList = 50

/** For a CI job's page: the table, why combinations failed, and the tests that fail on some versions only. */
export function markdownSummary(outcomes: readonly Outcome[]): string {
  const passed = outcomes.filter(({ status }) => status === 'passed').length
  const tests = failingTests(outcomes)
  return [
    `### Version matrix: ${passed} of ${outcomes.length} combinations passed`,
    markdownTable(outcomes),
    list('', outcomes.flatMap(reason)),
    list('Fail on some versions only:', tests.filter(({ only }) => only !== undefined).map(failing)),
    list('Fail wherever they run:', tests.filter(({ only }) => only === undefined).map(failing)),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function markdownTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => cells(outcome).map(escaped))
  const rule = columns.map((_, index) => (index < 2 ? '---' : '--:'))
  return [columns, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function reason({ name, failure }: Outcome): string[] {
  return failure === undefined ? [] : [`**${escaped(name)}**: ${escaped(failure)}`]
}

function failing({ file, name, only }: FailingTest): string {
  const test = `${escaped(name)} (${escaped(file)})`
  return only === undefined ? test : `${test} fails on ${escaped(only)} only`
}

function list(head: string, items: readonly string[]): string {
  if (items.length === 0) return ''
  const more = items.length > longestList ? [`… and ${items.length - longestList} more`] : []
  const lines = [...items.slice(0, longestList), ...more].map((item) => `- ${item}`)
  return [...(head ? [head, ''] : []), ...lines].join('\n')
}

/** Names of tests are anybody's text. */
function escaped(text: string): string {
  return harmlessLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_[\]|#~]/g, '\\$&')
}
