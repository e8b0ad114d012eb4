import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { bookkeeping } from '../../../core/bookkeeping.ts'
import type { ColumnState, DatabaseState, TableState } from '../../../core/contracts.ts'
import { encoded, quoted, tablesOf } from '../describe-database.ts'
import { columnsOf, schemaOf } from './schema.ts'

/** Whether SQLite or a tool for migrations keeps a table for itself. */
export function isInternal(table: string): boolean {
  return table.startsWith('sqlite_') || bookkeeping.includes(table)
}

export function stateOf(database: DatabaseSync): DatabaseState {
  const all = tablesOf(database)
  const read = (tables: readonly string[]) =>
    Object.fromEntries(tables.map((name) => [name, readTable(database, name)]))
  return {
    schema: schemaOf(database),
    tables: read(all.filter((name) => !isInternal(name))),
    bookkeeping: read(all.filter((name) => bookkeeping.includes(name))),
  }
}

function readTable(database: DatabaseSync, table: string): TableState {
  const columns = columnsOf(database, table)
  const keys = columns.filter(({ key }) => key > 0).map(({ name }) => name)
  const sums = new Map(
    columns.map(({ name }) => [name, { filled: 0, different: new Set<bigint>(), values: 0n, keyed: 0n }]),
  )
  const names = columns.map(({ name }, index) => `typeof(${quoted(name)}) AS t${index}, ${quoted(name)} AS v${index}`)
  const statement = database.prepare(`SELECT ${names.join(', ')} FROM ${quoted(table)}`)
  statement.setReadBigInts(true)
  let rows = 0
  for (const row of statement.iterate()) {
    rows += 1
    // A number that is kept as text now is the same value.
    const cells = columns.map((_, index) => encoded(row[`t${index}`] === 'blob' ? 'blob' : 'text', row[`v${index}`]))
    const key = cells.filter((_, index) => (columns[index]?.key ?? 0) > 0)
    for (const [index, { name }] of columns.entries()) {
      const sum = sums.get(name)
      const cell = cells[index]
      if (!sum || !cell || row[`v${index}`] === null) continue
      sum.filled += 1
      const own = digest(cell)
      sum.different.add(own)
      sum.values += own
      sum.keyed += digest(...key, cell)
    }
  }
  const states = [...sums].map(([name, { filled, different, values, keyed }]): [string, ColumnState] => [
    name,
    { filled, distinct: different.size, values: String(values), ...(keys.length > 0 ? { keyed: String(keyed) } : {}) },
  ])
  return { rows, key: keys.join(', '), columns: Object.fromEntries(states) }
}

function digest(...parts: readonly Uint8Array[]): bigint {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest().readBigUInt64LE()
}
