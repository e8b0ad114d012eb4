import { table } from '../../src/core/table.ts'
import type { StackReport } from './stack-report.ts'
import type { Outcome } from './suite.ts'

/** What ran, how fast it was there, and what lanes cost. */
export function summariseLanes(outcome: Outcome, firstTime: boolean): string {
  const once = firstTime ? ['', 'Start times include what happens only once: downloads and warming up.'] : []
  return ['', counts(outcome), ...describeStack(outcome.report), ...once, '', next(outcome)].join('\n')
}

function next({ exitCode }: Outcome): string {
  return exitCode === 0
    ? 'Now see the same suite on one shared database: npm run demo -- --no-lanes'
    : 'The suite failed, which it should not: see above.'
}

/** What happened on the shared databases, and whether it is what one should expect. */
export function summariseShared(outcome: Outcome, workers: number): { text: string; asExpected: boolean } {
  const { results } = outcome
  const verdict = judge(results !== undefined, (results?.failedFiles ?? 0) > 0, workers)
  return { text: ['', counts(outcome), '', verdict.text].join('\n'), asExpected: verdict.asExpected }
}

function judge(ran: boolean, failures: boolean, workers: number): { text: string; asExpected: boolean } {
  if (!ran) return { text: 'The suite did not run at all: see above.', asExpected: false }
  if (workers === 1) {
    return failures
      ? { text: 'One file at a time, this suite should pass on shared databases too: see above.', asExpected: false }
      : {
          text: 'One file at a time, the suite passes on shared databases: each file puts them in order before it begins.\nWith two at a time it does not: npm run demo -- --no-lanes --workers 2',
          asExpected: true,
        }
  }
  if (!failures) {
    return { text: 'No failure this time, by luck: run it again, or with more workers.', asExpected: false }
  }
  return {
    text: [
      'These failures are what this run is there to show. Before each file, the databases were put in order as suites',
      'do it by hand (truncate, seed, flush), which is enough for one file at a time (--workers 1). With several, one',
      "file cleans away or counts another one's data. Which tests fail differs from run to run.",
      'With a lane for each worker, the same tests pass: npm run demo',
    ].join('\n'),
    asExpected: true,
  }
}

function counts({ results, seconds }: Outcome): string {
  if (!results) return 'No results.'
  const { files, failedFiles, passed, failed, skipped } = results
  const broken = failedFiles > 0 ? ` (${failedFiles} with failures)` : ''
  const left = skipped > 0 ? `, ${skipped} skipped` : ''
  return `${files} files${broken}: ${passed} tests passed, ${failed} failed${left}, in ${seconds.toFixed(1)} s with start and stop of the servers`
}

function describeStack(report: StackReport | undefined): string[] {
  if (!report) return ['No figures of the stack: one that was up already keeps its own (see `isolane status`).']
  const rows = (report.services ?? []).map((service) => [
    service.name ?? '?',
    [service.kind, service.version].filter(Boolean).join(' '),
    milliseconds(service.startMilliseconds),
    milliseconds(service.prepareMilliseconds),
    service.memoryBytes === undefined ? '–' : `${Math.round(service.memoryBytes / 2 ** 20)} MiB`,
    service.origin ?? '',
  ])
  const { created, peak, leases, waitingLeases, resets } = report.pool ?? {}
  return [
    '',
    table(['service', 'version', 'start', 'migrate, seed', 'memory', 'from'], rows),
    '',
    `lanes   ${created ?? '?'} made, at most ${peak ?? '?'} in use at once (runtime ${report.runtime ?? '?'}, mode ${report.mode ?? '?'})`,
    `leases  ${durations(leases)}${waitingLeases?.count ? `; of a waiting lane ${durations(waitingLeases)}` : ''}`,
    `resets  ${durations(resets)}`,
  ]
}

interface Durations {
  readonly count: number
  readonly p50: number
  readonly p99: number
}

function durations(summary: Durations | undefined): string {
  if (!summary || summary.count === 0) return 'none'
  return `${summary.count}, p50 ${milliseconds(summary.p50)}, p99 ${milliseconds(summary.p99)}`
}

function milliseconds(value: number | undefined): string {
  if (value === undefined) return '–'
  return `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`
}
