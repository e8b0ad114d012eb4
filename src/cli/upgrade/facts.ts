import type { DataComparison, QueryComparison, RehearsedUpgrade } from '../../upgrade/rehearsal.ts'

/** Something that was found out about one service's upgrade. */
export interface Fact {
  readonly subject: string
  readonly text: string
  /** Lines that show it. */
  readonly details: readonly string[]
}

/** Of queries that differ by less the machine is to blame. */
const notable = 1.3
const longestDetails = 40

/** `13.23 → 18.4 by dump and restore, 1.2 s`. */
export function headline({ from, to, way, milliseconds }: RehearsedUpgrade): string {
  return `${from} → ${to} by ${way}${milliseconds === undefined ? '' : `, ${seconds(milliseconds)}`}`
}

export function factsOf(upgrade: RehearsedUpgrade): readonly Fact[] {
  return [...migrationFacts(upgrade), ...dataFacts(upgrade.data), ...freshFacts(upgrade)]
}

function migrationFacts({ migrations }: RehearsedUpgrade): readonly Fact[] {
  const { ran, left, failures, milliseconds } = migrations
  const subject = 'migrations'
  const own: Fact[] = left === undefined ? [] : [{ subject, text: `not run again: ${left}`, details: [] }]
  if (ran.length === 0) return own
  const failed = failures.length > 0
  const text = `${ran.join(', ')}: ${failed ? 'FAILED on the upgraded data' : `run on the upgraded data, ${seconds(milliseconds)}`}`
  return [...own, { subject, text, details: failures.flatMap((failure) => failure.split('\n')) }]
}

function dataFacts(data: DataComparison | undefined): readonly Fact[] {
  if (!data) return []
  const { schema, schemaDifference, groups, entries, changes, filesDiffer } = data
  const differs = changes.length > 0 || filesDiffer === true
  const size = `${entries.toLocaleString('en')} entries in ${groups} groups`
  return [
    ...(schema === 'none' ? [] : [{ subject: 'schema', text: schema, details: shortened(schemaDifference) }]),
    {
      subject: 'data',
      text: differs ? `different, of ${size}` : `same, ${size}`,
      details: filesDiffer ? ['something has changed; this kind of service does not tell what'] : changeLines(data),
    },
  ]
}

function changeLines({ changes, countsOnly }: DataComparison): readonly string[] {
  const lines = changes.map(({ group, before, after, added, removed, changed }) => {
    const parts = [signed('+', added), signed('−', removed), changed === null ? '~?' : signed('~', changed)]
    return [group, `${before} → ${after}`, ...parts.filter(Boolean)].join('  ')
  })
  const how = countsOnly && changes.length > 0 ? ['(by counts and digests alone)'] : []
  return [...shortened(lines), ...how]
}

function freshFacts({ fresh, to }: RehearsedUpgrade): readonly Fact[] {
  const subject = 'from nothing'
  if (!fresh) return [{ subject, text: 'not tried: no migrations or seed in the config', details: [] }]
  const { failure, schema, schemaDifference } = fresh
  if (failure !== undefined) {
    return [{ subject, text: `migrations and seed FAIL on ${to}`, details: failure.split('\n') }]
  }
  const made = `migrations and seed work on ${to}`
  if (schema === undefined || schema === 'none') return [{ subject, text: made, details: [] }]
  const text = `${made}; ${schema === 'same' ? 'the same schema as the upgraded one' : 'another schema than the upgraded one (-)'}`
  return [{ subject, text, details: shortened(schemaDifference) }]
}

/** `1.8× slower, another plan`. */
export function verdictOf({ before, after, factor = 1, planDifference }: QueryComparison): string {
  const fails = [before, after].map((run) => 'failure' in run)
  if (fails[0] && fails[1]) return 'FAILS on both'
  if (fails[0] || fails[1]) return `FAILS on the ${fails[0] ? 'old' : 'new'} side`
  const [slower, faster] = [factor, 1 / factor]
  const speed =
    slower >= notable ? `${slower.toFixed(1)}× slower` : faster >= notable ? `${faster.toFixed(1)}× faster` : ''
  return [speed || 'as fast as before', ...(planDifference.length > 0 ? ['another plan'] : [])].join(', ')
}

/** `1.23 ms`, or why not. */
export function timeOf(run: QueryComparison['before']): string {
  return 'failure' in run ? '–' : `${run.milliseconds.toFixed(run.milliseconds < 10 ? 2 : 0)} ms`
}

/** Below a query: why it fails, or what is other in its plan. */
export function queryDetails({ before, after, planDifference }: QueryComparison): readonly string[] {
  const failures = [before, after].flatMap((run) => ('failure' in run ? run.failure.split('\n') : []))
  return [...new Set(failures), ...shortened(planDifference)]
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}

function signed(sign: string, count: number): string {
  return count === 0 ? '' : `${sign}${count}`
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= longestDetails) return lines
  return [...lines.slice(0, longestDetails), `… and ${lines.length - longestDetails} more`]
}
