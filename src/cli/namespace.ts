import { type Command, Option } from 'commander'
import { IsolaneError } from '../core/errors.ts'
import { harmlessLine } from '../core/harmless.ts'
import type { NamespaceCounts, NamespaceMigration, NamespaceMigrationOptions } from '../namespace/migrate/contract.ts'
import { redisMigration } from '../namespace/migrate/redis.ts'
import { neo4jMigration } from '../namespace/neo4j/migrate.ts'
import { exitCodes } from './exit-codes.ts'
import { endOnSignals } from './signals.ts'
import { printLines } from './snapshot/text.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'
import { wholeNumber } from './whole-number.ts'

interface Flags {
  /** `true`: what the environment says. */
  readonly redis?: string | true
  readonly prefix?: string
  readonly neo4j?: string | true
  readonly label?: string
  readonly namespaces?: readonly string[]
  readonly undo: boolean
  readonly dryRun: boolean
  readonly batch: number
}

export function addNamespace(program: Command): void {
  const namespace = program
    .command('namespace')
    .description("keep several environments' data apart within one database")
  namespace
    .command('migrate')
    .description('bring the data that is there under a namespace: a prefix for keys, a label for nodes')
    .option('--redis [url]', 'redis://host:port/number (default: REDIS_URL)')
    .option('--prefix <name>', 'keys become name:key')
    .option('--neo4j [uri]', 'bolt://host:port (default: NEO4J_URI)')
    .option('--label <name>', 'nodes get this label too')
    .option(
      '--namespaces <names>',
      'all of them, as in dev,test,staging,production: what is in another is left alone',
      names,
    )
    .option('--undo', 'take the data out of the namespace again', false)
    .option('--dry-run', 'say what would change, and change nothing', false)
    .option('--batch <count>', 'how many keys or nodes are changed at a time', wholeNumber(6), 1_000)
    .addHelpText('after', credentialsHelp)
    .action((flags: Flags, command: Command) => migrate(flags, command))
  for (const command of namespace.commands) command.addOption(new Option('-C, --root <folder>').hideHelp())
}

const credentialsHelp = `
Users and passwords come from REDIS_USERNAME and REDIS_PASSWORD, NEO4J_USERNAME and NEO4J_PASSWORD, or from the URL in
REDIS_URL. \`isolane exec --env dev -- isolane namespace migrate --redis --prefix dev\` sets them all.`

async function migrate(flags: Flags, command: Command): Promise<void> {
  if (flags.redis === undefined && flags.neo4j === undefined) command.error('error: give --redis, --neo4j or both')
  if (flags.redis !== undefined && flags.prefix === undefined) command.error('error: --redis needs --prefix')
  if (flags.neo4j !== undefined && flags.label === undefined) command.error('error: --neo4j needs --label')
  const { signal } = endOnSignals()
  const opens = [
    ...(flags.redis === undefined
      ? []
      : [() => openRedis(flags.redis as string | true, flags.prefix as string, flags.namespaces)]),
    ...(flags.neo4j === undefined
      ? []
      : [() => openNeo4j(flags.neo4j as string | true, flags.label as string, flags.namespaces)]),
  ]
  for (const open of opens) {
    await using migration = await open()
    const report = terminalReport()
    const options: NamespaceMigrationOptions = {
      undo: flags.undo,
      batch: flags.batch,
      signal,
      progress: (changed) => report({ kind: 'progress', subject: 'namespace', text: `${changed} ${migration.unit}` }),
    }
    const { lines, collided } = await (flags.dryRun ? planned(migration, options) : done(migration, options))
    clearProgress()
    printLines(lines.map(harmlessLine))
    if (collided > 0) process.exitCode = exitCodes.failed
  }
}

interface Report {
  readonly lines: readonly string[]
  readonly collided: number
}

async function planned(migration: NamespaceMigration, options: NamespaceMigrationOptions): Promise<Report> {
  const plan = await migration.plan(options)
  const { toChange, done, collided, examples } = plan
  const counts = `${toChange} ${migration.unit} would change, ${done} are as they should be`
  return {
    collided,
    lines: [`${migration.target}: ${counts}`, ...indented(examples), ...leftAlone(plan)],
  }
}

async function done(migration: NamespaceMigration, options: NamespaceMigrationOptions): Promise<Report> {
  const outcome = await migration.run(options)
  const { changed, done, collided } = outcome
  const counts = `${changed} ${migration.unit} changed, ${done} were as they should be`
  return { collided, lines: [`${migration.target}: ${counts}`, ...leftAlone(outcome)] }
}

function leftAlone({ collided, collisions, elsewhere, elsewhereOf }: NamespaceCounts): string[] {
  return [
    ...(collided === 0 ? [] : [`${collided} left alone, as both names are taken:`, ...indented(collisions)]),
    ...(elsewhere === 0
      ? []
      : [`${elsewhere} left alone, as they are in another namespace:`, ...indented(elsewhereOf)]),
  ]
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}

function openRedis(given: string | true, prefix: string, namespaces: Flags['namespaces']): Promise<NamespaceMigration> {
  const { REDIS_URL, REDIS_USERNAME: username, REDIS_PASSWORD: password } = process.env
  const url = given === true ? needed('REDIS_URL', REDIS_URL) : withoutPassword('--redis', given)
  return redisMigration({ url, username, password, prefix, namespaces })
}

function openNeo4j(given: string | true, label: string, namespaces: Flags['namespaces']): Promise<NamespaceMigration> {
  const { NEO4J_URI, NEO4J_USERNAME: username, NEO4J_PASSWORD: password, NEO4J_DATABASE: database } = process.env
  const uri = given === true ? needed('NEO4J_URI', NEO4J_URI) : withoutPassword('--neo4j', given)
  return neo4jMigration({ uri, username, password, database, label, namespaces })
}

function names(list: string): string[] {
  return list.split(',').map((name) => name.trim())
}

function needed(name: string, value: string | undefined): string {
  if (value) return value
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${name} is not set`,
    remedy: 'give the address, or run this by `isolane exec --env NAME --`',
  })
}

/** Arguments are there for everybody on the machine to read. */
function withoutPassword(option: string, url: string): string {
  if (!URL.parse(url)?.password) return url
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${option} was given a password`,
    remedy: `put it into a variable, as \`isolane namespace migrate --help\` says`,
  })
}
