import { quoted, type SqliteFile, type SqliteValue } from './sqlite-file.ts'

/** What a column holds in one row. A text that is no text, as its bytes are none in its encoding, is told apart from a blob. */
export type Value = null | bigint | number | string | Uint8Array | BrokenText

export class BrokenText {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Every row of a table, in the order of its columns. */
export function* readRows(
  file: SqliteFile,
  table: string,
  columns: readonly string[],
): IterableIterator<readonly Value[]> {
  const asked = columns.map(quoted).flatMap((name) => {
    const type = `typeof(${name}) = 'text'`
    // SQLite would hand out a text up to its first NUL, and repair what is no UTF-8.
    return file.utf8 ? [`CASE WHEN ${type} THEN CAST(${name} AS BLOB) ELSE ${name} END`, type] : [name, '0']
  })
  for (const row of file.rows(`SELECT ${asked.join(', ')} FROM ${quoted(table)}`)) {
    yield columns.map((_, at) => told(row[2 * at] ?? null, row[2 * at + 1] === 1n))
  }
}

function told(value: SqliteValue, encodedText: boolean): Value {
  if (!encodedText || !(value instanceof Uint8Array)) return value
  try {
    return decoder.decode(value)
  } catch {
    return new BrokenText(value)
  }
}
