import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { ColumnState, DatabaseState, TableState } from '../../../core/contracts.ts'
import { encoded, quoted, tablesOf } from '../describe-database.ts'

/** What SQLite and tools for migrations keep for themselves. */
export const bookkeeping =
  /^(?:sqlite_|_prisma_migrations$|knex_migrations|__drizzle_migrations$|kysely_migration|schema_migrations$|goose_db_version$)/

export function stateOf(database: DatabaseSync): DatabaseState {
  const tables = tablesOf(database).filter((name) => !bookkeeping.test(name))
  return {
    schema: schemaOf(database),
    tables: Object.fromEntries(tables.map((name) => [name, readTable(database, name)])),
  }
}

/** SQLite changes the quotes in what it keeps of a statement. */
function schemaOf(database: DatabaseSync): string[] {
  const parts = database.prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'").all()
  const lines = parts.map(({ type, name, sql }) => {
    const columns = type === 'table' ? columnsOf(database, String(name)).map(({ line }) => line) : []
    return [`${type} ${name}\t${type === 'table' ? '' : String(sql).replaceAll(/["`[\]\s]+/g, '')}`, ...columns]
  })
  return lines.flat().sort()
}

export interface Column {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly fallback: boolean
  /** Its place in the primary key; 0: none. */
  readonly key: number
  readonly computed: boolean
  readonly line: string
}

export function columnsOf(database: DatabaseSync, table: string): Column[] {
  const rows = database.prepare('SELECT * FROM pragma_table_xinfo(?)').all(table)
  return rows.map((row) => ({
    name: String(row.name),
    type: String(row.type).toUpperCase(),
    required: row.notnull === 1,
    fallback: row.dflt_value !== null,
    key: Number(row.pk),
    computed: row.hidden === 2 || row.hidden === 3,
    line: `column ${table}.${row.name} ${row.type}\t${row.notnull} ${row.dflt_value ?? ''} ${row.pk} ${row.hidden}`,
  }))
}

function readTable(database: DatabaseSync, table: string): TableState {
  const columns = columnsOf(database, table)
  const keys = columns.filter(({ key }) => key > 0).map(({ name }) => name)
  const sums = new Map(columns.map(({ name }) => [name, { filled: 0, values: 0n, keyed: 0n }]))
  const names = columns.map(({ name }, index) => `typeof(${quoted(name)}) AS t${index}, ${quoted(name)} AS v${index}`)
  const statement = database.prepare(`SELECT ${names.join(', ')} FROM ${quoted(table)}`)
  statement.setReadBigInts(true)
  let rows = 0
  for (const row of statement.iterate()) {
    rows += 1
    const cells = columns.map((_, index) => encoded(row[`t${index}`], row[`v${index}`]))
    const key = cells.filter((_, index) => (columns[index]?.key ?? 0) > 0)
    for (const [index, { name }] of columns.entries()) {
      const sum = sums.get(name)
      const cell = cells[index]
      if (!sum || !cell || row[`v${index}`] === null) continue
      sum.filled += 1
      sum.values += digest(cell)
      sum.keyed += digest(...key, cell)
    }
  }
  const states = [...sums].map(([name, { filled, values, keyed }]): [string, ColumnState] => [
    name,
    { filled, values: String(values), ...(keys.length > 0 ? { keyed: String(keyed) } : {}) },
  ])
  return { rows, key: keys.join(', '), columns: Object.fromEntries(states) }
}

function digest(...parts: readonly Uint8Array[]): bigint {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest().readBigUInt64LE()
}
