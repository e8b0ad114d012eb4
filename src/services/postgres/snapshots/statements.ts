const newline = 0x0a

/** Every byte is one character, whatever the encoding. */
export const bytes = 'latin1'

/** A whole statement with its line's end, or a comment or an empty line; else lines as they came, which are rows. */
export type Part = { readonly statement: string } | { readonly rows: Buffer }

/** Takes the script of a dump apart. Rows are not looked at. */
export async function* partsOf(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Part> {
  let statement = ''
  let open: string | undefined
  let inRows = false
  for await (const lines of wholeLines(pieces)) {
    let rows = 0
    for (let start = 0; start < lines.length; ) {
      const end = lines.indexOf(newline, start) + 1 || lines.length
      if (inRows) {
        inRows = !(end - start === 3 && lines.toString(bytes, start, end) === '\\.\n')
        if (!inRows || end === lines.length) yield { rows: lines.subarray(rows, end) }
      } else {
        const line = lines.toString(bytes, start, end)
        open = openAfter(line, open)
        // Outside a statement, lines that are none: empty, a comment, or for `psql` itself.
        const whole = statement === '' ? /^(?:(?:--|\\)[\s\S]*)?\n$|;\n$/.test(line) : line.endsWith(';\n')
        statement += line
        if (whole && open === undefined) {
          yield { statement }
          inRows = /^COPY [\s\S]* FROM stdin;\n$/.test(statement)
          rows = end
          statement = ''
        }
      }
      start = end
    }
  }
  if (statement !== '') yield { statement }
}

const opening = /['"]|(?<![\w$\x80-\xff])\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$|--/g

/** The quote that has not ended by the end of a line. `pg_dump` doubles quotes within quotes, and escapes none. */
function openAfter(line: string, before: string | undefined): string | undefined {
  let open = before
  for (let at = 0; ; ) {
    if (open !== undefined) {
      const end = line.indexOf(open, at)
      if (end < 0) return open
      at = end + open.length
    }
    opening.lastIndex = at
    const [found] = opening.exec(line) ?? []
    if (found === undefined || found === '--') return undefined
    open = found
    at = opening.lastIndex
  }
}

async function* wholeLines(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let rest: Uint8Array[] = []
  for await (const piece of pieces) {
    const end = piece.lastIndexOf(newline) + 1
    if (end > 0) yield Buffer.concat([...rest, piece.subarray(0, end)])
    rest = end > 0 ? [piece.subarray(end)] : [...rest, piece]
  }
  const last = Buffer.concat(rest)
  if (last.length > 0) yield last
}
