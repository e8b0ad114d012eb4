import { bookkeeping } from '../../../core/bookkeeping.ts'
import type { ColumnState, DatabaseState, TableState } from '../../../core/contracts.ts'
import type { Client } from '../client.ts'
import type { PostgresLane } from '../options.ts'
import { hiddenSchemas, ofExtension } from '../snapshots/hidden.ts'
import { readSchema } from '../snapshots/schema.ts'
import { identifier } from '../sql.ts'

/** Columns that are asked for at once: a statement may give 1,664 values. */
const page = 400

interface Table {
  readonly id: string
  readonly name: string
  /** Quoted, with its schema. */
  readonly quoted: string
  readonly partitioned: boolean
  /** Tools for migrations write down in it what they have done. */
  readonly ofTool: boolean
  readonly columns: readonly { readonly id: string; readonly name: string; readonly key: boolean }[]
}

/** All tables with their partitions. */
const tablesQuery = `
SELECT c.oid::text AS id, concat_ws('.', n.nspname, c.relname) AS name, format('%I.%I', n.nspname, c.relname) AS quoted,
  c.relkind = 'p' AS partitioned, c.relname = ANY ($1) AS "ofTool",
  coalesce((
    SELECT json_agg(json_build_object('id', a.attnum::text, 'name', a.attname, 'key', coalesce(a.attnum = ANY (k.indkey), false))
                    ORDER BY a.attnum)
    FROM pg_attribute a LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND ${hiddenSchemas}
  AND ${ofExtension('pg_class', 'c')}
ORDER BY 2`

/** @param client one whose search path has no schemas of the user's */
export async function readState(client: Client, { version, user }: PostgresLane): Promise<DatabaseState> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  const { texts } = await readSchema(client, Number.parseInt(version, 10), user)
  const { rows } = await client.query<Table>(tablesQuery, [bookkeeping])
  const tables: Record<string, TableState> = {}
  const tools: Record<string, TableState> = {}
  for (const table of rows) (table.ofTool ? tools : tables)[table.name] = await readTable(client, table)
  await client.query('COMMIT')
  return { schema: texts.map(forPeople), tables, bookkeeping: tools }
}

const kinds: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  S: 'sequence',
  f: 'foreign table',
  c: 'composite type',
}

/** The catalogue's letters in words. */
function forPeople(line: string): string {
  return line
    .replace(/^[rpvmSfc](?= )/, (letter) => kinds[letter] ?? letter)
    .replace(
      /^(column [^\t]*) ([tf]) ([ad]?) ([sv]?)(?=\t)/,
      (_, column: string, required: string, identity: string, generated: string) =>
        `${column}${required === 't' ? ' NOT NULL' : ''}${identity ? ' IDENTITY' : ''}${generated ? ' GENERATED' : ''}`,
    )
}

async function readTable(client: Client, { id, quoted, partitioned, columns }: Table): Promise<TableState> {
  const keys = columns.filter(({ key }) => key).map(({ name }) => name)
  const key = keys.map((name) => identifier(name)).join(', ')
  const from = `FROM ${partitioned ? '' : 'ONLY '}${quoted}`
  const counted = await client.query<[string]>({ text: `SELECT count(*) ${from}`, rowMode: 'array' })
  const states: Record<string, ColumnState> = {}
  for (let start = 0; start < columns.length; start += page) {
    const some = columns.slice(start, start + page)
    const wanted = some.map(({ name }) => figures(identifier(name), key))
    const { rows } = await client.query<(string | null)[]>({ text: `SELECT ${wanted} ${from}`, rowMode: 'array' })
    const [row = []] = rows
    for (const [index, column] of some.entries()) {
      const [filled, distinct, values, keyed] = row.slice(index * 4)
      states[column.name] = {
        id: column.id,
        filled: Number(filled),
        distinct: Number(distinct),
        values: values ?? '',
        ...(key === '' ? {} : { keyed: keyed ?? '' }),
      }
    }
  }
  return { id, rows: Number(counted.rows[0]?.[0] ?? 0), key: keys.join(', '), columns: states }
}

/** Sums of hashes, so that the order of rows does not matter. */
function figures(column: string, key: string): string {
  const hash = (text: string) => `hashtextextended(${text} COLLATE "C", 0)`
  const digest = (text: string) => `sum(${hash(text)})`
  // `IS NOT NULL` would ask the fields of a composite value.
  const keyed = `${digest(`ROW(${key}, ${column})::text`)} FILTER (WHERE ${column} IS DISTINCT FROM NULL)`
  // Not every type can tell whether two of its values are equal.
  const distinct = `count(DISTINCT ${hash(`${column}::text`)})`
  return `count(${column}), ${distinct}, ${digest(`${column}::text`)}, ${key === '' ? 'NULL' : keyed}`
}
