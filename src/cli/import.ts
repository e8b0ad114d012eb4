import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { LaneEndpoint } from '../core/contracts.ts'
import { IsolaneError } from '../core/errors.ts'
import { isolaneCommand } from '../core/isolane-command.ts'
import type { Lane } from '../core/lane.ts'
import { table } from '../core/table.ts'
import { takeOver } from '../environments/acts.ts'
import { type ImportReport, importSqlite } from '../sqlite-import/import.ts'
import { environmentOf, isAllowed, withStackUp } from './environment-acts.ts'
import { counted, printLines } from './snapshot/text.ts'
import { clearProgress } from './terminal-report.ts'

interface Flags {
  readonly into: 'postgres'
  readonly env: string
  readonly service?: string
  readonly dryRun: boolean
  readonly replace: boolean
  readonly yes: boolean
}

export function addImport(program: Command): void {
  const group = program.command('import').description('take data over from elsewhere')
  group
    .command('sqlite')
    .description(
      'make tables of a SQLite file in an environment of the stack that is up, and compare them value by value',
    )
    .argument('<file>')
    .addOption(new Option('--into <kind>', 'what they are made in').choices(['postgres']).default('postgres'))
    .option('--env <environment>', 'whose database', 'dev')
    .option('--service <name>', 'the service, where there are several')
    .option('--replace', 'drop tables of the same names that are there, with their rows; all is saved first', false)
    .option('--dry-run', 'do it all, tell what came of it, and undo it', false)
    .option('-y, --yes', 'do not ask before tables are dropped', false)
    .action((file: string, flags: Flags, command: Command) => importFile(file, flags, command))
  for (const command of group.commands) command.addOption(new Option('-C, --root <folder>').hideHelp())
}

function importFile(file: string, flags: Flags, command: Command): Promise<void> {
  const { into, env, service, dryRun, replace, yes } = flags
  return withStackUp(command, async (on) => {
    const { client, report, signal, config } = on
    const environment = await environmentOf(client, env)
    const lane = await client.request('look', { lane: env })
    const name = serviceOf(lane, into, service)
    const what = `Tables of ${env} that ${file} has too are dropped, with their rows; all of ${env} is saved first.`
    if (replace && !dryRun && !(await isAllowed(on, 'import', environment, what, yes))) return
    const path = resolve(file)
    const work = () =>
      importSqlite({
        path,
        url: ownerUrl(lane.endpoints[name]),
        replace,
        dryRun,
        signal,
        progress: (text) => report({ kind: 'progress', subject: name, text }),
      })
    const act = { from: path, replaces: replace }
    const { result, snapshot = undefined } = dryRun ? { result: await work() } : await takeOver(on, env, act, work)
    clearProgress()
    printLines(lines(result, { file, where: `${env}, ${name}`, dryRun }))
    if (snapshot === undefined) return
    printLines([
      `What was there before is the snapshot ${snapshot}; this undoes it:`,
      `  ${isolaneCommand(config.root)} undo ${env}`,
    ])
  })
}

/** @throws ISOLANE_OPTION_INVALID */
function serviceOf({ kinds }: Lane, kind: string, wanted: string | undefined): string {
  const names = Object.keys(kinds).filter((name) => kinds[name] === kind)
  const [first, another] = names
  if (wanted !== undefined ? names.includes(wanted) : first !== undefined && another === undefined) {
    return wanted ?? first ?? ''
  }
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message:
      wanted === undefined
        ? `The stack has ${names.length} services of the kind ${kind}`
        : `The stack has no service ${wanted} of the kind ${kind}`,
    remedy: names.length > 0 ? `choose with --service from ${names.join(', ')}` : `add \`${kind}()\` to the config`,
  })
}

/** Whoever makes the tables owns them, and migrations are the owner's. */
function ownerUrl(endpoint: LaneEndpoint | undefined): string {
  return String(endpoint?.ownerUrl ?? endpoint?.url ?? '')
}

interface Where {
  readonly file: string
  readonly where: string
  readonly dryRun: boolean
}

function lines({ tables, replaced, left }: ImportReport, { file, where, dryRun }: Where): string[] {
  const rows = tables.reduce((sum, each) => sum + each.rows, 0)
  const warnings = tables.flatMap(({ name, warnings: some }) => some.map((text) => `  ${name}: ${text}`))
  const what = `${counted(tables.length, 'table')} with ${counted(rows, 'row')}`
  return [
    ...table(
      ['TABLE', 'ROWS', 'COLUMNS', 'NOTES'],
      tables.map((each) => [each.name, String(each.rows), columns(each.types), String(each.warnings.length || '')]),
      { numbers: ['ROWS', 'NOTES'] },
    ).split('\n'),
    ...(warnings.length > 0 ? ['', 'What is not as it was:', ...warnings] : []),
    ...(left.length > 0 ? ['', `Not taken over: ${left.join(', ')}`] : []),
    ...(replaced.length > 0 ? ['', `Replaced: ${replaced.join(', ')}`] : []),
    '',
    dryRun
      ? `Nothing was changed in ${where}: ${what} of ${file} would be there, equal in every value`
      : `Imported ${what} of ${file} into ${where}: every value is as it was`,
  ]
}

function columns(types: Readonly<Record<string, string>>): string {
  return Object.entries(types)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')
}
