import { harmless, harmlessLine } from '../../core/harmless.ts'
import { table } from '../../core/table.ts'
import type { TestResult } from '../../matrix/outcome.ts'
import { outcomesTable } from '../../matrix/table.ts'
import type { Rehearsal, RehearsedUpgrade, SuiteComparison } from '../../upgrade/rehearsal.ts'
import { factsOf, headline, queryDetails, seconds, timeOf, verdictOf } from './facts.ts'

const results = {
  same: 'SAME: nothing that came along differs, and nothing failed',
  different: 'DIFFERENT: nothing failed, and data or schema differ',
  failed: 'FAILED: the upgrade does not work as it is',
} as const

const longestStatement = 60

/** What a rehearsal has found, for people. @param isolane how a command for the project begins */
export function page(rehearsal: Rehearsal, isolane: string): string {
  const { result, start, upgrades, failure, others, suite, milliseconds } = rehearsal
  const began = start.snapshot === undefined ? 'what migrations and seed make' : `${start.lane} of ${start.snapshot}`
  const paragraphs = [
    [`Both sides began with ${began}.`],
    ...upgrades.map(upgradeLines),
    failure === undefined ? [] : ['The upgrade FAILED:', ...indented(failure.split('\n'))],
    others.map(({ service }) => `${service} differs, and was not upgraded.`),
    ...(suite ? suiteLines(suite) : []),
    ...upgrades.map(warningLines),
    [`${results[result]} (${seconds(milliseconds)}).`, ...keptLines(rehearsal, isolane)],
  ]
  return harmless(
    `${paragraphs
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n')}\n`,
  )
}

/** The same for a CI job's page, with what it comes to as its heading. */
export function markdown(rehearsal: Rehearsal, isolane: string): string {
  const text = page(rehearsal, isolane)
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const what = rehearsal.upgrades.map(({ service, from, to }) => `${service} ${from} → ${to}`).join(', ')
  return `### ${results[rehearsal.result]}: ${what}\n\n${fence}text\n${text}${fence}\n`
}

/** Where both sides can be looked at, when they stay. */
function keptLines({ snapshots }: Rehearsal, isolane: string): string[] {
  if (!snapshots) return []
  const { before, after } = snapshots
  if (after === undefined) return [`The old side stays as the snapshot ${before}.`]
  return [
    `Both sides stay as snapshots: ${before} and ${after}.`,
    `  ${isolane} snapshot diff ${before} ${after}`,
    `  ${isolane} snapshot remove ${before} ${after}`,
  ]
}

function upgradeLines(upgrade: RehearsedUpgrade): string[] {
  const facts = factsOf(upgrade)
  const width = Math.max(...facts.map(({ subject }) => subject.length))
  return [
    `${upgrade.service}: ${headline(upgrade)}`,
    ...facts.flatMap(({ subject, text, details }) => [
      `  ${subject.padEnd(width)}  ${text}`,
      ...indented(details, width + 6),
    ]),
    ...queryLines(upgrade),
  ]
}

function warningLines({ service, from, to, warnings }: RehearsedUpgrade): string[] {
  if (warnings.length === 0) return []
  return [
    `${service} ${from} → ${to}: what can't be undone, and what does not come along`,
    ...warnings.map((warning) => `  - ${warning}`),
  ]
}

function queryLines({ queries, from, to }: RehearsedUpgrade): string[] {
  if (queries.length === 0) return []
  const rows = queries.map((query) => [
    shortStatement(query.statement),
    timeOf(query.before),
    timeOf(query.after),
    verdictOf(query),
  ])
  const [head = '', ...lines] = table(['query', from, to, ''], rows, { numbers: [from, to] }).split('\n')
  return [`  ${head}`, ...queries.flatMap((query, index) => [`  ${lines[index]}`, ...indented(queryDetails(query), 6)])]
}

/** In one line. */
function shortStatement(statement: string): string {
  const line = harmlessLine(statement).replaceAll(/\s+/g, ' ').trim()
  return line.length > longestStatement ? `${line.slice(0, longestStatement - 1)}…` : line
}

function suiteLines({ command, before, after, broken, failing, mended, missing }: SuiteComparison): string[][] {
  const told = broken.length + failing.length + mended.length > 0
  return [
    [command.join(' '), outcomesTable([before, after])],
    tests('FAIL on the new side only:', broken),
    tests('FAIL on both sides:', failing),
    tests('Fail on the old side only:', mended),
    tests('Pass on the old side, and were not run on the new one:', missing),
    [before, after].flatMap(({ name, failure, logFile }) => [
      ...(failure === undefined || told ? [] : [`${name}: ${failure}`]),
      `log of ${name}: ${logFile}`,
    ]),
  ]
}

function tests(head: string, found: readonly TestResult[]): string[] {
  if (found.length === 0) return []
  return [
    head,
    ...found.flatMap(({ file, name, failure }) => [
      `  ${file} > ${name}`,
      ...(failure === undefined ? [] : [`    ${failure.split('\n')[0]}`]),
    ]),
  ]
}

function indented(lines: readonly string[], by = 2): string[] {
  return lines.map((line) => `${' '.repeat(by)}${line}`)
}
