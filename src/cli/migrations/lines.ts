import { table } from '../../core/table.ts'
import { type Finding, fails, type MigrationResult, type MigrationsReport } from '../../migrations-test/report.ts'
import { counted, duration } from '../../migrations-test/words.ts'

const heads = ['migration', 'time', 'strongest lock', 'repeatable', 'down', 'data']

/** A table with a line for each migration, then all that was found, the most important thing last. */
export function reportLines(report: MigrationsReport): string[] {
  const { service, kind, version, rows, migrations, unfilled, ending, seed } = report
  return [
    `${counted(migrations.length, 'migration')} of ${service} (${kind} ${version}), with ${counted(rows, 'row')} in each table`,
    '',
    ...table(heads, migrations.map(cells), { numbers: ['time'] }).split('\n'),
    ...migrations.flatMap(({ name, findings }) => findings.flatMap((finding) => ['', ...findingLines(name, finding)])),
    ...(seed ? ['', ...findingLines(service, seed)] : []),
    ...(ending === undefined ? [] : ['', `Nothing was left to run when the command failed with: ${ending}`]),
    ...(unfilled.length > 0 ? ['', 'Not all tables could be filled:'] : []),
    ...unfilled.map(({ table, reason }) => `  ${table}: ${reason}`),
    '',
    lastLine(report),
  ]
}

function cells({ name, milliseconds, locks, rewritten, repeatable, down, data }: MigrationResult): string[] {
  const [lock] = locks
  const held = lock ? `${lock.mode} on ${lock.table}${rewritten.includes(lock.table) ? ', written anew' : ''}` : 'none'
  const known = (text: string) => (text === 'unknown' ? '-' : text)
  return data === 'unknown'
    ? [name, '-', '-', '-', '-', 'fails']
    : [name, duration(milliseconds), held, known(repeatable), known(down), data]
}

function findingLines(name: string, finding: Finding): string[] {
  const { kind, text, details = [] } = finding
  const sign = fails(finding) ? '✗' : kind === 'note' ? ' ' : '!'
  return [
    `${sign} ${name}: ${kind === 'change' ? `changes data: ${text}` : kind === 'loss' ? `loses data: ${text}` : text}`,
    ...details.map((line) => `    ${line}`),
  ]
}

function lastLine({ migrations, firstLoss, passed, seed }: MigrationsReport): string {
  const failed = migrations.find(({ data }) => data === 'unknown')?.name
  const losing = migrations.find(({ name }) => name === firstLoss)
  const what = losing?.findings.find(({ kind }) => kind === 'loss')?.text
  if (firstLoss !== undefined) return `The first that loses data: ${firstLoss} (${what}).`
  if (failed !== undefined) return `${failed} fails, and those behind it were not run; none before it loses data.`
  const changing = migrations.filter(({ data }) => data === 'changed').length
  if (passed && changing > 0) return `None loses data; ${changing} ${changing === 1 ? 'changes' : 'change'} values.`
  if (passed) return 'None loses data.'
  return `None loses data, but see ${seed && migrations.every(({ findings }) => !findings.some(fails)) ? 'the seed' : 'what is marked with ✗'}.`
}
