import type { DatabaseSync } from 'node:sqlite'
import { quoted } from '../describe-database.ts'

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

/** A table as its statement wrote it. */
export function statementOf(database: DatabaseSync, table: string): string {
  const { sql } = database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) ?? {}
  return String(sql)
}

/** By what a row can be named: its key, or else its number. */
export function rowNamesOf(database: DatabaseSync, table: string): readonly string[] {
  const keys = columnsOf(database, table).filter(({ key }) => key > 0)
  return keys.length > 0 ? keys.map(({ name }) => quoted(name)) : ['rowid']
}

/** A line for each thing. SQLite changes the quotes in what it keeps of a statement. */
export function schemaOf(database: DatabaseSync): string[] {
  const parts = database.prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'").all()
  const lines = parts.flatMap(({ type, name, sql }) =>
    type === 'table' ? tableLines(database, String(name)) : [`${type} ${name}\t${plain(String(sql))}`],
  )
  return lines.sort()
}

function tableLines(database: DatabaseSync, table: string): string[] {
  const { wr, strict } =
    database.prepare("SELECT wr, strict FROM pragma_table_list(?) WHERE schema = 'main'").get(table) ?? {}
  return [
    `table ${table}\t${wr === 1 ? 'WITHOUT ROWID ' : ''}${strict === 1 ? 'STRICT' : ''}`,
    ...columnsOf(database, table).map(({ line }) => line),
    ...foreignKeys(database, table),
    ...keys(database, table),
    ...checksIn(statementOf(database, table)).map((check) => `check of ${table}: ${plain(check)}`),
  ]
}

function foreignKeys(database: DatabaseSync, table: string): string[] {
  const rows = database.prepare('SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq').all(table)
  const byId = Map.groupBy(rows, ({ id }) => id)
  return [...byId.values()].map((columns) => {
    const [first] = columns
    const [from, to] = [columns.map((column) => column.from), columns.map((column) => column.to ?? '')]
    const actions = `${first?.on_update} ${first?.on_delete} ${first?.match}`
    return `foreign key ${table} (${from.join(', ')}) to ${first?.table} (${to.join(', ')})\t${actions}`
  })
}

/** Those of primary keys and UNIQUE; what has a name of its own is listed by itself. */
function keys(database: DatabaseSync, table: string): string[] {
  const all = database.prepare("SELECT name, origin FROM pragma_index_list(?) WHERE origin <> 'c'").all(table)
  return all.map(({ name, origin }) => {
    const columns = database
      .prepare('SELECT * FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno')
      .all(String(name))
    const parts = columns.map((column) => `${column.name}${column.desc === 1 ? ' DESC' : ''} ${column.coll}`)
    return `${origin === 'pk' ? 'primary' : 'unique'} key ${table} (${parts.join(', ')})`
  })
}

/** No pragma tells them. */
function checksIn(statement: string): string[] {
  const found: string[] = []
  let start: number | undefined
  let depth = 0
  let previous = ''
  // Texts, names in quotes and comments may hold any word.
  for (const match of statement.matchAll(
    /'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|[()]|\w+/g,
  )) {
    const [token] = match
    if (/^(?:--|\/\*)/.test(token)) continue
    if (token === '(') {
      if (start === undefined && previous === 'CHECK') [start, depth] = [match.index, 0]
      depth += 1
    } else if (token === ')') {
      depth -= 1
      if (start !== undefined && depth === 0) {
        found.push(statement.slice(start, match.index + 1))
        start = undefined
      }
    }
    previous = token.toUpperCase()
  }
  return found
}

function plain(sql: string): string {
  return sql.replaceAll(/["`[\]\s]+/g, '')
}
