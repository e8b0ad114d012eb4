import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Unfilled } from '../../../core/contracts.ts'
import { messageOf } from '../../../core/errors.ts'
import { quoted, tablesOf } from '../describe-database.ts'
import { type Column, columnsOf, rowNamesOf, statementOf } from './schema.ts'
import { isInternal } from './state.ts'

type Value = (number: number) => SQLInputValue

/** As `MigrationSession.fill`. */
export function fillTables(database: DatabaseSync, rows: number, spared: readonly string[]): readonly Unfilled[] {
  const tables = tablesOf(database).filter((name) => !isInternal(name) && !spared.includes(name))
  const unfilled = new Map<string, string>()
  // Parents may come after their children; what waits for them gets its rows in a later round.
  for (let round = 0; round < 4; round += 1) {
    for (const table of tables) {
      if (countRows(database, table) >= rows) continue
      try {
        addRows(database, table, rows, round)
      } catch (error) {
        unfilled.set(table, messageOf(error))
      }
    }
  }
  for (const table of tables) {
    let failure: string | undefined
    try {
      fillColumns(database, table, spared)
    } catch (error) {
      failure = messageOf(error)
    }
    const count = countRows(database, table)
    if (count >= rows && failure === undefined) unfilled.delete(table)
    else if (count >= rows) unfilled.set(table, `a column stays empty: ${failure}`)
    else
      unfilled.set(
        table,
        `it has ${count} of ${rows} rows: ${unfilled.get(table) ?? 'more would break its conditions'}`,
      )
  }
  return [...unfilled].map(([table, reason]) => ({ table, reason }))
}

function addRows(database: DatabaseSync, table: string, rows: number, round: number): void {
  const columns = columnsOf(database, table)
  const parents = parentsOf(database, table)
  const given = columns.filter(
    (column) => !column.computed && !isCounted(column, columns) && (!column.fallback || parents.has(column.name)),
  )
  const constants = constantsOf(database, table)
  const values = given.map((column) => parents.get(column.name) ?? makerOf(column, round % 2 === 1 ? constants : []))
  const names = given.map(({ name }) => quoted(name)).join(', ')
  const insert = database.prepare(
    given.length === 0
      ? `INSERT INTO ${quoted(table)} DEFAULT VALUES`
      : `INSERT OR IGNORE INTO ${quoted(table)} (${names}) VALUES (${given.map(() => '?').join(', ')})`,
  )
  const before = countRows(database, table)
  inTransaction(database, () => {
    for (let number = before + 1, count = before; count < rows && number <= rows * 2 + 10; number += 1) {
      count += Number(insert.run(...values.map((value) => value(number))).changes)
    }
  })
}

function fillColumns(database: DatabaseSync, table: string, spared: readonly string[]): void {
  const rowNames = rowNamesOf(database, table)
  const parents = parentsOf(database, table)
  for (const column of columnsOf(database, table)) {
    if (column.computed || column.required || column.fallback || column.key > 0) continue
    if (spared.includes(`${table}.${column.name}`)) continue
    const name = quoted(column.name)
    const { filled } = database.prepare(`SELECT count(${name}) AS filled FROM ${quoted(table)}`).get() ?? {}
    if (filled !== 0) continue
    const value = parents.get(column.name) ?? makerOf(column, [])
    const where = rowNames.map((each) => `${each} IS ?`).join(' AND ')
    const update = database.prepare(`UPDATE OR IGNORE ${quoted(table)} SET ${name} = ? WHERE ${where}`)
    const keys = rowNames.map((each, index) => `${each} AS k${index}`).join(', ')
    const select = database.prepare(`SELECT ${keys} FROM ${quoted(table)}`)
    select.setReadBigInts(true)
    const rows = select.all()
    inTransaction(database, () => {
      for (const [index, row] of rows.entries()) update.run(value(index + 1), ...Object.values(row))
    })
  }
}

/** The row's own number, which SQLite gives. */
function isCounted({ type, key }: Column, columns: readonly Column[]): boolean {
  return key === 1 && type === 'INTEGER' && columns.filter((column) => column.key > 0).length === 1
}

/** By column: keys of parents, one after the other. */
function parentsOf(database: DatabaseSync, table: string): ReadonlyMap<string, Value> {
  const found = new Map<string, Value>()
  for (const { table: parent, from, to } of database.prepare('SELECT * FROM pragma_foreign_key_list(?)').all(table)) {
    const key = to ?? columnsOf(database, String(parent)).find((column) => column.key === 1)?.name ?? 'rowid'
    const text = `SELECT ${quoted(String(key))} AS value FROM ${quoted(String(parent))} LIMIT 10000`
    const keys = database.prepare(text).all()
    found.set(String(from), (number) => keys[number % Math.max(1, keys.length)]?.value ?? null)
  }
  return found
}

/** By SQLite's rules of affinity. Each tenth row has no value where it needs none. */
function makerOf({ type, required, key }: Column, constants: readonly string[]): Value {
  const value: Value = (number) => {
    if (/INT/.test(type)) return number
    if (/CHAR|CLOB|TEXT/.test(type)) return constants[number % constants.length] ?? `value ${number}`
    if (/BLOB/.test(type)) return Buffer.from(`value ${number}`)
    if (/REAL|FLOA|DOUB|DEC|NUM/.test(type)) return number + 0.25
    if (/BOOL/.test(type)) return number % 2
    if (/DATE|TIME/.test(type)) return new Date(Date.UTC(2024, 0, 1) + number * 61_250).toISOString()
    return `value ${number}`
  }
  return required || key > 0 ? value : (number) => (number % 10 === 0 ? null : value(number))
}

/** Texts that conditions of the table name. */
function constantsOf(database: DatabaseSync, table: string): string[] {
  return [...statementOf(database, table).matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) =>
    text.replaceAll("''", "'"),
  )
}

function countRows(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`SELECT count(*) AS count FROM ${quoted(table)}`).get()?.count)
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
