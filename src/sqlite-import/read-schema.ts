import { type CreatedIndex, type CreatedTable, readCreatedIndex, readCreatedTable } from './created-as.ts'
import type { SqliteFile } from './sqlite-file.ts'

export interface SqliteColumn {
  readonly name: string
  /** As it was declared: `VARCHAR(20)`, or nothing. */
  readonly declared: string
  readonly notNull: boolean
  readonly default: string | null
  readonly generated: boolean
}

export interface SqliteForeignKey {
  readonly table: string
  readonly from: readonly string[]
  /** None: the other's primary key. */
  readonly to: readonly string[]
  readonly onUpdate: string
  readonly onDelete: string
}

export interface SqliteIndex extends CreatedIndex {
  readonly name: string
  readonly unique: boolean
  /** `c`: CREATE INDEX; `u`: UNIQUE in the table; `pk`: its primary key. */
  readonly origin: string
  /** Columns by name, `undefined` for an expression; with their collations. */
  readonly columns: readonly {
    readonly name: string | undefined
    readonly collation: string
    readonly descending: boolean
  }[]
}

export interface SqliteTable extends CreatedTable {
  readonly name: string
  readonly columns: readonly SqliteColumn[]
  /** In the key's order. */
  readonly primaryKey: readonly string[]
  /** The one column that SQLite fills by itself: `INTEGER PRIMARY KEY`. */
  readonly rowid: string | undefined
  /** The last value that AUTOINCREMENT has given. */
  readonly last: bigint
  readonly foreignKeys: readonly SqliteForeignKey[]
  readonly indexes: readonly SqliteIndex[]
}

export interface SqliteSchema {
  readonly tables: readonly SqliteTable[]
  /** What no table of PostgreSQL's can be made of, such as `view v`. */
  readonly others: readonly string[]
}

interface Listed {
  readonly name: string
  readonly type: string
  readonly wr: number
}

export function readSqliteSchema(file: SqliteFile): SqliteSchema {
  const listed = file
    .all<Listed>(`SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' ORDER BY name`)
    .filter(({ name }) => !/^sqlite_/i.test(name))
  const triggers = file.all<{ name: string; tbl_name: string }>(
    `SELECT name, tbl_name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name`,
  )
  return {
    tables: listed.filter(({ type }) => type === 'table').map(({ name, wr }) => readTable(file, name, wr === 1)),
    others: [
      ...listed.filter(({ type }) => type === 'view').map(({ name }) => `view ${name}`),
      ...listed.filter(({ type }) => type === 'virtual').map(({ name }) => `virtual table ${name}`),
      ...triggers.map(({ name, tbl_name }) => `trigger ${name} on ${tbl_name}`),
    ],
  }
}

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly dflt_value: string | null
  readonly pk: number
  readonly hidden: number
}

function readTable(file: SqliteFile, name: string, withoutRowid: boolean): SqliteTable {
  const [created] = file.all<{ sql: string }>(`SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?`, name)
  const parsed = readCreatedTable(created?.sql ?? '')
  const columns = file.all<ColumnRow>('SELECT * FROM pragma_table_xinfo(?) WHERE hidden <> 1', name)
  const keys = columns.filter(({ pk }) => pk > 0).sort((left, right) => left.pk - right.pk)
  const primaryKey = keys.map((column) => column.name)
  const indexes = readIndexes(file, name)
  // With an index of its own, such as for INTEGER PRIMARY KEY DESC, it is no alias.
  const alias = !withoutRowid && keys.length === 1 && keys[0]?.type.toUpperCase() === 'INTEGER'
  const rowid = alias && !indexes.some(({ origin }) => origin === 'pk') ? primaryKey[0] : undefined
  return {
    ...parsed,
    name,
    columns: columns.map(({ name: column, type, notnull, dflt_value, hidden }) => ({
      name: column,
      declared: type,
      notNull: notnull === 1,
      default: dflt_value,
      generated: hidden > 0,
    })),
    primaryKey,
    rowid,
    last: parsed.autoincrement ? lastGiven(file, name) : 0n,
    foreignKeys: readForeignKeys(file, name),
    indexes,
  }
}

function lastGiven(file: SqliteFile, name: string): bigint {
  const sql = `SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = '${name.replaceAll("'", "''")}'`
  for (const [last] of file.rows(sql)) return typeof last === 'bigint' ? last : 0n
  return 0n
}

interface ForeignKeyRow {
  readonly id: number
  readonly table: string
  readonly from: string
  readonly to: string | null
  readonly on_update: string
  readonly on_delete: string
}

function readForeignKeys(file: SqliteFile, name: string): readonly SqliteForeignKey[] {
  const rows = file.all<ForeignKeyRow>('SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq', name)
  return [...Map.groupBy(rows, ({ id }) => id).values()].flatMap((parts) => {
    const [first] = parts
    if (!first) return []
    const to = parts.flatMap((part) => part.to ?? [])
    const from = parts.map((part) => part.from)
    return [{ table: first.table, from, to, onUpdate: first.on_update, onDelete: first.on_delete }]
  })
}

interface IndexRow {
  readonly name: string
  readonly unique: number
  readonly origin: string
}

function readIndexes(file: SqliteFile, table: string): readonly SqliteIndex[] {
  return file
    .all<IndexRow>('SELECT name, "unique", origin FROM pragma_index_list(?) ORDER BY name', table)
    .map(({ name, unique, origin }) => {
      const parts = file.all<{ name: string | null; coll: string; desc: number }>(
        'SELECT name, coll, "desc" FROM pragma_index_xinfo(?) WHERE "key" = 1 ORDER BY seqno',
        name,
      )
      const [created] = file.all<{ sql: string | null }>(
        `SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?`,
        name,
      )
      const text = created?.sql ? readCreatedIndex(created.sql) : { parts: [], where: undefined }
      const columns = parts.map((part) => ({
        name: part.name ?? undefined,
        collation: part.coll.toUpperCase(),
        descending: part.desc === 1,
      }))
      return { ...text, name, unique: unique === 1, origin, columns }
    })
}
