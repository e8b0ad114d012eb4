import { type Command, Option } from 'commander'
import { chosenConfig, runtimes } from '../builtin.ts'
import { type MigrationsTestOptions, testMigrations } from '../migrations-test/test-migrations.ts'
import { exitCodes } from './exit-codes.ts'
import { reportLines } from './migrations/lines.ts'
import { ownProjectConfig } from './project.ts'
import { endOnSignals } from './signals.ts'
import { printLines } from './snapshot/text.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'
import { wholeNumber } from './whole-number.ts'
import { isStandardOutput, write } from './write.ts'

interface Flags {
  readonly rows: number
  readonly service?: string
  readonly up?: string
  readonly down?: string
  /** `true` or `-`: standard output. */
  readonly json?: string | true
}

export function addMigrations(program: Command): void {
  const migrations = program.command('migrations').description('try out what makes the schema')
  migrations
    .command('test')
    .description('apply the migrations one by one on data, and say which lose data, lock, or can not be taken back')
    .option('--rows <count>', 'rows that each table is filled up to', wholeNumber(8), 1_000)
    .option('--service <name>', 'the service, where several have migrations')
    .option('--up <command>', 'runs the next migration, in place of the files in the config')
    .option('--down <command>', 'takes the last migration back')
    .option('--json [file]', 'what came of it, as JSON (default: standard output)')
    .action((flags: Flags, command: Command) => test(flags, command))
  for (const command of migrations.commands) command.addOption(new Option('-C, --root <folder>').hideHelp())
}

async function test(flags: Flags, command: Command): Promise<void> {
  if (flags.down !== undefined && flags.up === undefined) command.error('error: --down needs --up')
  const { signal } = endOnSignals()
  // The project's migrations, whatever side `isolane switch` has chosen.
  const config = await chosenConfig(await ownProjectConfig(command), undefined)
  const report = await testMigrations({ config, runtimes, report: terminalReport(), signal, ...choice(flags) })
  clearProgress()
  if (flags.json !== undefined) write('--json', flags.json, JSON.stringify(report, undefined, 2))
  if (!isStandardOutput(flags.json)) printLines(reportLines(report))
  if (!report.passed) process.exitCode = exitCodes.failed
}

function choice({ rows, service, up, down }: Flags): Pick<MigrationsTestOptions, 'rows' | 'service' | 'tool'> {
  return {
    rows,
    ...(service === undefined ? {} : { service }),
    ...(up === undefined ? {} : { tool: { up, ...(down === undefined ? {} : { down }) } }),
  }
}
