import type { Client } from '../client.ts'
import type { LaneConnection } from '../lane-connection.ts'

/** Tables that were changed and are larger than this in all, in bytes, take longer to look through than to copy. */
const lookBudget = 32 * 1024 * 1024

/** Bytes of text that a mark may keep in our memory. */
const keepBudget = 8 * 1024 * 1024

/** What tells a lane from its template: rows and positions of sequences. */
export interface LaneChanges {
  readonly tables: readonly TableChanges[]
  readonly sequences: readonly { readonly name: string; readonly last: string; readonly called: boolean }[]
}

interface TableChanges {
  /** With its schema, quoted. */
  readonly name: string
  /** Keys of the template's rows that are gone, as an array's text; `all` where there are no keys. */
  readonly gone: string | 'all' | null
  /** The rows that have come, as an array's text: it goes back as it came. */
  readonly come: string | null
}

/**
 * Reads what the lane's tracking tells; see `tracking/reset.ts`, which tells rows apart in the same way.
 * @returns `undefined` for changes that can not be told so: of the schema, large objects, or too many
 */
export async function readChanges(connection: LaneConnection): Promise<LaneChanges | undefined> {
  if (connection.suspect) return undefined
  return connection.transaction('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', async (client) => {
    if (!(await onlyRowsChanged(client))) return undefined
    const { rows: dirty } = await client.query<DirtyTable>(dirtyQuery)
    if (dirty.reduce((sum, { size }) => sum + Number(size), 0) > lookBudget) return undefined
    const tables: TableChanges[] = []
    let room = keepBudget
    for (const table of dirty) {
      const changes = await tableChanges(client, table, room)
      if (!changes) return undefined
      room -= (changes.come?.length ?? 0) + (changes.gone?.length ?? 0)
      tables.push(changes)
    }
    const { rows: sequences } = await client.query<LaneChanges['sequences'][number]>(sequencesQuery)
    return { tables, sequences }
  })
}

/** Makes a lane that equals its template differ from it as it did, and lets its tracking know. */
export async function applyChanges(connection: LaneConnection, { tables, sequences }: LaneChanges): Promise<void> {
  await connection.transaction('BEGIN', async (client) => {
    const { rows } = await client.query<TrackedTable>(
      'SELECT name, key, columns, fields, silence, unsilence FROM isolane.tables WHERE name = ANY ($1)',
      [tables.map(({ name }) => name)],
    )
    const tracked = new Map(rows.map((row) => [row.name, row]))
    for (const table of tables) {
      const known = tracked.get(table.name)
      if (!known) throw new Error(`the template has no table ${table.name} any more`)
      await applyTable(client, table, known)
    }
    // Our own statements set no marks, as they fire no triggers.
    await client.query('SELECT nextval(mark::regclass) FROM isolane.tables WHERE name = ANY ($1)', [
      tables.map(({ name }) => name),
    ])
    await client.query(
      `SELECT setval(s.name::regclass, s.last, s.called)
       FROM unnest($1::text[], $2::bigint[], $3::boolean[]) AS s (name, last, called)`,
      [sequences.map(({ name }) => name), sequences.map(({ last }) => last), sequences.map(({ called }) => called)],
    )
  })
}

async function onlyRowsChanged(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ yes: boolean }>(`
    SELECT NOT (
      EXISTS (SELECT FROM isolane.changes)
      OR s.unlogged AND NOT EXISTS (SELECT FROM isolane.alive)
      OR s.large_objects <> (SELECT count(*) FROM pg_largeobject_metadata)
      OR EXISTS (SELECT FROM pg_largeobject_metadata WHERE age(xmin) < age(s.clean_until))
      OR EXISTS (SELECT FROM pg_largeobject WHERE age(xmin) < age(s.clean_until))
    ) AS yes FROM isolane.state s`)
  return rows[0]?.yes ?? false
}

interface DirtyTable {
  readonly id: number
  readonly name: string
  readonly key: string | null
  readonly seeds: string
  /** Whether Isolane has the template's rows. */
  readonly kept: boolean
  /** Rows younger than this are not the template's. */
  readonly age: number
  readonly size: string
}

const dirtyQuery = `
WITH dirty AS (SELECT * FROM isolane.tables t WHERE pg_sequence_last_value(t.mark) IS NOT NULL)
SELECT t.id, t.name, t.key, t.seeds, t.kept, age(t.clean_until) AS age, pg_relation_size(t.id) AS size
FROM isolane.tables t
WHERE t.stores AND t.id IN (SELECT id FROM dirty UNION SELECT unnest(descendants) FROM dirty) ORDER BY t.id`

const sequencesQuery = `
SELECT s.id::regclass::text AS name, p.last_value::text AS last, p.is_called AS called
FROM isolane.sequences s JOIN isolane.sequence_positions() p USING (id)
WHERE (s.last_value, s.is_called) IS DISTINCT FROM (p.last_value, p.is_called)`

async function tableChanges(client: Client, table: DirtyTable, room: number): Promise<TableChanges | undefined> {
  const { id, name, key, seeds, kept, age } = table
  const { rows } = await client.query<{ old: string; bytes: string }>(
    `SELECT count(*) FILTER (WHERE age(xmin) >= $1) AS old,
            coalesce(sum(CASE WHEN age(xmin) < $1 THEN octet_length(isolane_row::text) END), 0) AS bytes
     FROM ONLY ${name} AS isolane_row`,
    [age],
  )
  const { old = '0', bytes = '0' } = rows[0] ?? {}
  if (Number(bytes) > room) return undefined
  if (old === seeds) return { name, gone: null, come: await images(client, name, age) }
  if (!kept) return undefined
  if (key === null)
    return Number(seeds) > 10_000 ? undefined : { name, gone: 'all', come: await images(client, name, undefined) }
  const { rows: lost } = await client.query<{ keys: string | null }>(
    `SELECT array_agg(s.key)::text AS keys
     FROM (SELECT unnest(keys) AS key FROM isolane.seeds WHERE id = $1) s
     WHERE s.key NOT IN (SELECT ${key} FROM ONLY ${name} WHERE age(xmin) >= $2)`,
    [id, age],
  )
  return { name, gone: lost[0]?.keys ?? null, come: await images(client, name, age) }
}

async function images(client: Client, name: string, age: number | undefined): Promise<string | null> {
  const { rows } = await client.query<{ images: string | null }>(
    `SELECT array_agg(isolane_row::text)::text AS images FROM ONLY ${name} AS isolane_row
     WHERE $1::int IS NULL OR age(xmin) < $1`,
    [age ?? null],
  )
  return rows[0]?.images ?? null
}

interface TrackedTable {
  readonly name: string
  readonly key: string | null
  readonly columns: string | null
  readonly fields: string | null
  readonly silence: readonly string[]
  readonly unsilence: readonly string[]
}

/** Names and expressions are those that the template's tracking has written and quoted. */
async function applyTable(client: Client, { gone, come }: TableChanges, table: TrackedTable): Promise<void> {
  const { name, key, columns, fields, silence, unsilence } = table
  for (const statement of silence) await client.query(statement)
  if (gone === 'all') await client.query(`DELETE FROM ONLY ${name}`)
  else if (gone !== null) await client.query(`DELETE FROM ONLY ${name} WHERE ${key} = ANY ($1::text[])`, [gone])
  if (come !== null && columns === null) {
    await client.query(`INSERT INTO ${name} SELECT FROM unnest($1::text[])`, [come])
  } else if (come !== null) {
    await client.query(
      `INSERT INTO ${name} (${columns}) OVERRIDING SYSTEM VALUE
       SELECT ${fields} FROM (SELECT image::${name} AS isolane_row FROM unnest($1::text[]) AS image OFFSET 0) kept`,
      [come],
    )
  }
  for (const statement of unsilence) await client.query(statement)
}
