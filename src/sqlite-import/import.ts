import { IsolaneError, isIsolaneError, messageOf } from '../core/errors.ts'
import { explain } from '../services/postgres/attached/explain.ts'
import { parseUrl } from '../services/postgres/attached/url.ts'
import { type Client, connect } from '../services/postgres/client.ts'
import { identifier } from '../services/postgres/sql.ts'
import { rowSettings } from '../services/postgres/tracking/row-settings.ts'
import { compareRows } from './compare.ts'
import { copyRows } from './copy.ts'
import { planTables, type TablePlan } from './plan.ts'
import { readSqliteSchema, type SqliteSchema } from './read-schema.ts'
import { SqliteFile } from './sqlite-file.ts'
import { type Attempt, longestName, targetSchema } from './target.ts'

export interface ImportOptions {
  /** The SQLite file. */
  readonly path: string
  /** Of the database, as whoever owns it. */
  readonly url: string
  /** Tables that are there are dropped first, in the same transaction. */
  readonly replace: boolean
  /** Everything is done, and then undone. */
  readonly dryRun: boolean
  readonly signal: AbortSignal
  /** Told what is being done, for people. */
  progress?(text: string): void
}

export interface ImportedTable {
  readonly name: string
  readonly rows: number
  /** By column. */
  readonly types: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
}

export interface ImportReport {
  readonly tables: readonly ImportedTable[]
  /** Tables that were there, and were dropped. */
  readonly replaced: readonly string[]
  /** What was not taken over: views, triggers, virtual tables. */
  readonly left: readonly string[]
}

/**
 * Makes tables of a SQLite file in a database of PostgreSQL, with all their rows, and compares them: all of that in one
 * transaction, or nothing.
 * @throws ISOLANE_OPTION_INVALID for a file that can't be read, ISOLANE_SERVER_UNREACHABLE, ISOLANE_MIGRATE_FAILED when
 * tables are there, or something differs
 */
export async function importSqlite(options: ImportOptions): Promise<ImportReport> {
  using file = new SqliteFile(options.path)
  const schema = readSqliteSchema(file)
  refuseLongNames(schema)
  options.progress?.(`looking through ${schema.tables.length} tables`)
  const plans = planTables(file, schema)
  options.signal.throwIfAborted()
  const client = await enter(options.url)
  try {
    await client.query('BEGIN')
    const replaced = await makeRoom(client, plans, options.replace)
    for (const { create } of plans) await client.query(create)
    for (const plan of plans) {
      options.signal.throwIfAborted()
      options.progress?.(`copying ${plan.table.name}`)
      await copyRows(client, file, plan)
    }
    await finish(client, plans)
    const tables: ImportedTable[] = []
    for (const plan of plans) {
      options.signal.throwIfAborted()
      options.progress?.(`comparing ${plan.table.name}`)
      tables.push(await compared(client, file, plan))
    }
    await client.query(options.dryRun ? 'ROLLBACK' : 'COMMIT')
    if (!options.dryRun) await analyse(client, plans)
    return { tables, replaced, left: schema.others }
  } catch (error) {
    if (isIsolaneError(error) || options.signal.aborted) throw error
    throw failed(`PostgreSQL did not take what ${options.path} holds (${messageOf(error)})`, 'see what it says', error)
  } finally {
    // What was not committed is undone by that.
    await client.end().catch(() => {})
  }
}

/** Texts look the same whatever the database's settings say, and nothing that others have set stops us. */
const settings = { ...rowSettings, statement_timeout: '0', lock_timeout: '30s', client_min_messages: 'error' }

async function enter(url: string): Promise<Client> {
  const { host, port, user, password, database = user } = parseUrl(url)
  const access = { host, port, user, password }
  try {
    return await connect(access, database, settings)
  } catch (error) {
    throw isIsolaneError(error) ? error : explain(access, error)
  }
}

function refuseLongNames({ tables }: SqliteSchema): void {
  const names = tables.flatMap(({ name, columns }) => [name, ...columns.map((column) => column.name)])
  const long = names.filter((name) => Buffer.byteLength(name) > longestName)
  if (long.length === 0) return
  throw failed(
    `PostgreSQL has no names longer than ${longestName} bytes: ${long.join(', ')}`,
    'rename them in the SQLite file first',
  )
}

/** @returns the tables that were dropped */
async function makeRoom(client: Client, plans: readonly TablePlan[], replace: boolean): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; kind: string }>(
    `SELECT c.relname AS name, c.relkind AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = ANY ($2) ORDER BY 1`,
    [targetSchema, plans.map(({ table }) => table.name)],
  )
  const there = rows.map(({ name }) => name)
  if (there.length === 0) return []
  const others = rows.filter(({ kind }) => kind !== 'r' && kind !== 'p').map(({ name }) => name)
  if (others.length > 0) {
    throw failed(`The database has something else of the same name: ${others.join(', ')}`, 'rename or drop it there')
  }
  if (!replace) {
    throw failed(
      `The database has tables of the same name: ${there.join(', ')}`,
      'use --replace to drop them, with their rows',
    )
  }
  const names = there.map((name) => `${identifier(targetSchema)}.${identifier(name)}`)
  await client.query(`DROP TABLE ${names.join(', ')}`)
  return there
}

/** Keys of all tables come before what refers to them. */
async function finish(client: Client, plans: readonly TablePlan[]): Promise<void> {
  for (const { attempts, warnings } of plans) for (const each of attempts) await attempt(client, each, warnings)
  for (const { references, warnings } of plans) for (const each of references) await attempt(client, each, warnings)
  for (const { name, identity } of plans) {
    if (!identity) continue
    const { column, last } = identity
    await client.query('SELECT setval(pg_get_serial_sequence($1, $2), $3, $4)', [
      name,
      column,
      last > 0n ? last.toString() : '1',
      last > 0n,
    ])
  }
}

async function attempt(
  client: Client,
  { what, sql, instead, insteadWarning }: Attempt,
  warnings: string[],
): Promise<void> {
  const refused = await tried(client, sql)
  if (refused === undefined) return
  if (instead !== undefined && (await tried(client, instead)) === undefined) {
    warnings.push(insteadWarning ?? what)
  } else {
    warnings.push(`${what} is not there: ${refused}`)
  }
}

/** @returns why the server did not take it */
async function tried(client: Client, sql: string): Promise<string | undefined> {
  await client.query('SAVEPOINT attempt')
  try {
    await client.query(sql)
    await client.query('RELEASE attempt')
    return undefined
  } catch (error) {
    await client.query('ROLLBACK TO attempt')
    return messageOf(error).split('\n')[0] ?? ''
  }
}

/** All is there by now: the server will do by itself what fails here. */
async function analyse(client: Client, plans: readonly TablePlan[]): Promise<void> {
  for (const { name } of plans) await client.query(`ANALYZE ${name}`).catch(() => {})
}

async function compared(client: Client, file: SqliteFile, plan: TablePlan): Promise<ImportedTable> {
  const { rows, difference } = await compareRows(client, file, plan)
  if (difference !== undefined) {
    throw failed(
      `What is in the table ${plan.table.name} is not what was in it (${difference})`,
      'nothing was changed; please report this',
    )
  }
  const types = Object.fromEntries([...plan.types].map(([column, { sql }]) => [column, sql]))
  return { name: plan.table.name, rows, types, warnings: plan.warnings }
}

function failed(message: string, remedy: string, cause?: unknown): IsolaneError {
  return new IsolaneError({ code: 'ISOLANE_MIGRATE_FAILED', message, remedy, cause })
}
