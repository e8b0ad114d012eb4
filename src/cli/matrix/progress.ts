import type { Combination } from '../../matrix/combination.ts'
import type { Outcome } from '../../matrix/outcome.ts'
import type { ScheduleOptions } from '../../matrix/schedule.ts'
import { terminalReport } from '../terminal-report.ts'

/** Tells what has begun and what came of it, and on a terminal in one line how it stands. */
export function matrixProgress(
  all: readonly Combination[],
  limit: number,
  logs: string,
): NonNullable<ScheduleOptions['onChange']> {
  const report = terminalReport()
  const info = (text: string) => report({ kind: 'info', subject: 'matrix', text })
  const begun = new Set<Combination>()
  const told = new Set<Outcome>()
  const most =
    all.length === 1 ? '1 combination' : `${all.length} combinations, at most ${Math.min(limit, all.length)} at once`
  info(`${most}; logs are in ${logs}`)
  return (running, outcomes) => {
    for (const outcome of outcomes) {
      if (!told.has(outcome))
        report({ kind: 'done', subject: 'matrix', text: ended(outcome), duration: outcome.milliseconds })
      told.add(outcome)
    }
    for (const combination of running) {
      if (!begun.has(combination)) info(`${combination.name} runs`)
      begun.add(combination)
    }
    report({ kind: 'progress', subject: 'matrix', text: fitting(standing(all, running, outcomes)) })
  }
}

function ended({ name, status, passed, failed, skipped, failure }: Outcome): string {
  const counts = Object.entries({ passed, failed, skipped }).flatMap(([what, count]) =>
    count ? [`${count} ${what}`] : [],
  )
  const tests = counts.length > 0 ? `; tests: ${counts.join(', ')}` : ''
  return `${name} ${status}${failure === undefined ? '' : `: ${failure}`}${tests}`
}

function standing(all: readonly Combination[], running: readonly Combination[], outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter(({ status }) => status === 'failed').length
  const waiting = all.length - running.length - outcomes.length
  const names = running.map(({ name }) => name).join(' | ')
  return `${outcomes.length - failed} passed, ${failed} failed, ${waiting} wait; now: ${names}`
}

/** What wraps can't be replaced. */
function fitting(text: string): string {
  const room = (process.stderr.columns ?? 80) - 20
  return text.length <= room ? text : text.slice(0, room)
}
