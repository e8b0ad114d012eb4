import { StateContents, shortDigest } from '../../../core/state-contents.ts'
import type { Client } from '../client.ts'
import { hiddenSchemas, ofExtension } from './hidden.ts'

/** How many rows are asked for at once. */
const page = 10_000

/** Groups of what is in no table; the names of tables have a dot. */
export const sequencesGroup = 'sequences'
export const largeObjectsGroup = 'large objects'

export interface SequencePosition {
  /** With its schema, quoted. */
  readonly name: string
  readonly last: string
  readonly called: boolean
}

/**
 * All rows of the connected database as digests: of each table with its partitions, of each materialized view, and of
 * what else holds data. Rows are told apart by their primary keys, else by all that is in them. Columns count in the order
 * of their names, so that it does not matter in which order they were added.
 * @param client in a transaction that sees one moment
 */
export async function readContents(client: Client, positions: readonly SequencePosition[]): Promise<StateContents> {
  const contents = new StateContents()
  const { rows } = await client.query<Table>(tablesQuery)
  for (const table of rows) {
    contents.addGroup(table.group)
    if (table.query) await eachRow(client, table.query, (key, value) => contents.add(table.group, key, value))
  }
  contents.addGroup(sequencesGroup)
  for (const { name, last, called } of positions) {
    contents.add(sequencesGroup, shortDigest(name), shortDigest(`${last} ${called}`))
  }
  contents.addGroup(largeObjectsGroup)
  await eachRow(client, largeObjectsQuery, (key, value) => contents.add(largeObjectsGroup, key, value))
  return contents
}

/** Where each sequence stands. They know no transactions: read it once, and keep that. */
export async function readPositions(client: Client): Promise<readonly SequencePosition[]> {
  const { rows: names } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND ${hiddenSchemas} AND ${ofExtension('pg_class', 'c')} ORDER BY 1`,
  )
  const positions: SequencePosition[] = []
  for (let start = 0; start < names.length; start += 200) {
    const some = names.slice(start, start + 200)
    // What the server has quoted.
    const text = some.map(
      ({ name }, at) => `SELECT ${at} AS at, last_value::text AS last, is_called AS called FROM ${name}`,
    )
    const { rows } = await client.query<{ at: number; last: string; called: boolean }>(text.join(' UNION ALL '))
    for (const { at, last, called } of rows) positions.push({ name: some[at]?.name ?? '', last, called })
  }
  return positions
}

/** Groups that are made anew when a dump is restored, rather than from what it holds. */
export async function derivedGroups(client: Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm'`,
  )
  return new Set(rows.map(({ name }) => name))
}

interface Table {
  readonly group: string
  /** What gives a digest of each row's key, and of the row. None for what holds no rows itself. */
  readonly query: string | null
}

const digest = (text: string) => `left(md5(${text}), 16)`

const tablesQuery = `
SELECT format('%I.%I', rn.nspname, r.relname) AS group,
  CASE WHEN c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated THEN
    format('SELECT ${digest('%s')}, ${digest('%s')} FROM ONLY %I.%I AS isolane_row',
           coalesce(parts.key, parts.row), parts.row, n.nspname, c.relname)
  END AS query
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace,
LATERAL (
  SELECT
    (SELECT format('ROW(%s)::text', string_agg(format('isolane_row.%I', a.attname), ', ' ORDER BY a.attname))
     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS row,
    (SELECT format('ROW(%s)::text', string_agg(format('isolane_row.%I', a.attname), ', ' ORDER BY a.attname))
     FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
     WHERE i.indrelid = c.oid AND i.indisprimary HAVING count(*) > 0) AS key
) parts
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND ${hiddenSchemas} AND ${ofExtension('pg_class', 'c')}
ORDER BY 1, c.oid::regclass::text`

const largeObjectsQuery = `
SELECT ${digest('l.oid::text')}, ${digest(`encode(lo_get(l.oid), 'hex')`)} FROM pg_largeobject_metadata l ORDER BY l.oid`

async function eachRow(client: Client, query: string, take: (key: string, value: string) => void): Promise<void> {
  await client.query(`DECLARE isolane_rows NO SCROLL CURSOR FOR ${query}`)
  for (;;) {
    const { rows } = await client.query<[string, string]>({ text: `FETCH ${page} FROM isolane_rows`, rowMode: 'array' })
    for (const [key, value] of rows) take(key, value)
    if (rows.length < page) break
  }
  await client.query('CLOSE isolane_rows')
}
