import { hash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { StateContents, shortDigest } from '../../core/state-contents.ts'
import type { Description, Measure } from './protocol.ts'

interface Column {
  readonly name: string
  /** Its place in the primary key, from 1; 0: it is not part of it. */
  readonly pk: number
  /** 2: computed whenever it is read. */
  readonly hidden: number
}

/** Names that mean a row's number, as long as no column has them. */
const rowNumbers = ['rowid', '_rowid_', 'oid']

/** @param contents the file that lists them, if they are wanted */
export async function describeDatabase(database: DatabaseSync, contents?: string): Promise<Description> {
  const all = new StateContents()
  for (const table of tablesOf(database)) addRows(database, table, all)
  if (contents !== undefined) await all.write({ write: async (_name, pieces) => writeFile(contents, pieces) })
  return { ...all.summary(), schema: schemaOf(database) }
}

export function measureDatabase(database: DatabaseSync): Measure {
  const { bytes } = database
    .prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()')
    .get() as { bytes: number }
  const counts = tablesOf(database).map((table) => database.prepare(`SELECT count(*) AS rows FROM ${quoted(table)}`))
  return { bytes, rows: counts.reduce((sum, count) => sum + Number(count.get()?.rows), 0) }
}

/** Virtual tables have no root page: what they hold is in tables of their own, which are listed. */
export function tablesOf(database: DatabaseSync): string[] {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage <> 0 ORDER BY name")
  return tables.all().map(({ name }) => String(name))
}

/** A row's key is its primary key, or else its number. Text is compared as it is stored, valid or not. */
function addRows(database: DatabaseSync, table: string, contents: StateContents): void {
  contents.addGroup(table)
  const all = database.prepare('SELECT name, pk, hidden FROM pragma_table_xinfo(?)').all(table) as unknown as Column[]
  const columns = all.filter(({ hidden }) => hidden !== 2)
  const keys = columns.filter(({ pk }) => pk > 0).map(({ name }) => quoted(name))
  const number = rowNumbers.find((name) => !all.some((column) => column.name.toLowerCase() === name))
  const key = keys.length > 0 ? keys : number === undefined ? [] : [number]
  const expressions = [...key, ...columns.map(({ name }) => quoted(name))].map(
    (name, index) =>
      `typeof(${name}) AS t${index}, iif(typeof(${name}) = 'text', CAST(${name} AS BLOB), ${name}) AS v${index}`,
  )
  const rows = database.prepare(`SELECT ${expressions.join(', ')} FROM ${quoted(table)}`)
  rows.setReadBigInts(true)
  for (const row of rows.iterate()) {
    const cells = expressions.map((_expression, index) => encoded(row[`t${index}`], row[`v${index}`]))
    contents.add(table, digestOf(cells.slice(0, key.length)), digestOf(cells.slice(key.length)))
  }
}

export function encoded(type: unknown, value: unknown): Buffer {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value))
  return Buffer.concat([Buffer.from(`${type} ${bytes.length} `), bytes])
}

function digestOf(cells: readonly Uint8Array[]): string {
  return shortDigest(Buffer.concat(cells))
}

/** What there is besides rows, and the numbers by which programs know it. */
function schemaOf(database: DatabaseSync): string {
  const parts = database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name, tbl_name')
  const numbers = database.prepare('SELECT * FROM pragma_user_version(), pragma_application_id(), pragma_encoding()')
  return hash('sha256', JSON.stringify([parts.all(), numbers.all()]))
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
