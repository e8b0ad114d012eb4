/** One statement of a SQL file, as psql would send it. */
export interface Statement {
  readonly text: string
  /** Where it begins in the file. */
  readonly offset: number
  /** The lines that follow a `COPY … FROM stdin`, up to `\.`. */
  readonly data?: string
}

/** A line for psql itself, which no server understands. */
export class MetaCommand extends Error {
  readonly command: string
  readonly offset: number

  constructor(command: string, offset: number) {
    super(`${command} is a command of psql, not SQL`)
    this.command = command
    this.offset = offset
  }
}

// Sticky: each matches at the scanner's position only. An unterminated string or comment runs to the end of the file,
// where the server will complain of it.
const blank = /(?:\s|--[^\n]*)+/y
const plainString = /'(?:[^']|'')*(?:'|$)/y
const escapeString = /[eE]'(?:[^'\\]|''|\\[\s\S])*(?:'|$)/y
const quotedName = /"(?:[^"]|"")*(?:"|$)/y
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const numeral = /\d[\w.]*|\$\d+/y
const commentMark = /\/\*|\*\//g

/** Splits a file where psql does: at semicolons outside of quotes, comments, parentheses and `BEGIN ATOMIC` bodies. */
export function* statements(file: string): Generator<Statement> {
  let position = file.startsWith('\ufeff') ? 1 : 0
  let start: number | undefined
  let parentheses = 0
  let words: string[] = []
  let bodies = 0

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position
    return pattern.exec(file)?.[0]
  }

  while (position < file.length) {
    const skipped = match(blank)?.length ?? (file.startsWith('/*', position) ? commentLength(file, position) : 0)
    if (skipped > 0) {
      position += skipped
      continue
    }
    if (file[position] === '\\') {
      position += metaCommand(file, position)
      continue
    }
    if (file[position] === ';' && parentheses <= 0 && bodies === 0) {
      if (start !== undefined) {
        const text = file.slice(start, position)
        const copies = words[0] === 'copy' && / from stdin\b/.test(` ${words.join(' ')}`)
        const data = copies ? copyData(file, position + 1) : undefined
        yield { text, offset: start, ...(data && { data: data.text }) }
        if (data) position = data.end - 1
      }
      position += 1
      start = undefined
      parentheses = 0
      bodies = 0
      words = []
      continue
    }
    start ??= position
    const tag = match(dollarTag)
    if (tag !== undefined) {
      const end = file.indexOf(tag, position + tag.length)
      position = end < 0 ? file.length : end + tag.length
      continue
    }
    const quoted = match(escapeString) ?? match(plainString) ?? match(quotedName) ?? match(numeral)
    if (quoted !== undefined) {
      position += quoted.length
      continue
    }
    const name = match(word)?.toLowerCase()
    if (name !== undefined) {
      if (words.length < 200) words.push(name)
      if (definesRoutine(words) && parentheses === 0) bodies = nesting(name, bodies)
      position += name.length
      continue
    }
    if (file[position] === '(') parentheses += 1
    if (file[position] === ')') parentheses -= 1
    position += 1
  }
  if (start !== undefined) yield { text: file.slice(start), offset: start }
}

function definesRoutine(words: readonly string[]): boolean {
  const [verb, second, third, fourth] = words
  const kind = second === 'or' && third === 'replace' ? fourth : second
  return verb === 'create' && (kind === 'function' || kind === 'procedure')
}

/** `BEGIN ATOMIC … END` may hold `CASE … END`. */
function nesting(name: string, depth: number): number {
  if (name === 'begin' || (name === 'case' && depth > 0)) return depth + 1
  return name === 'end' && depth > 0 ? depth - 1 : depth
}

/** Comments nest in PostgreSQL. */
function commentLength(file: string, start: number): number {
  let depth = 0
  commentMark.lastIndex = start
  for (let mark = commentMark.exec(file); mark; mark = commentMark.exec(file)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return commentMark.lastIndex - start
  }
  return file.length - start
}

/** pg_dump writes `\restrict` and `\unrestrict` into every dump; they only concern psql. */
function metaCommand(file: string, start: number): number {
  const end = file.indexOf('\n', start)
  const line = file.slice(start, end < 0 ? file.length : end).trimEnd()
  if (/^\\(?:un)?restrict\b/.test(line)) return line.length
  throw new MetaCommand(line.split(/\s/)[0] ?? line, start)
}

function copyData(file: string, afterSemicolon: number): { text: string; end: number } {
  const lineEnd = file.indexOf('\n', afterSemicolon)
  const begin = lineEnd < 0 ? file.length : lineEnd + 1
  const terminator = /^\\\.[^\S\n]*(?:\n|$)/gm
  terminator.lastIndex = begin
  const found = terminator.exec(file)
  return { text: file.slice(begin, found?.index ?? file.length), end: found ? terminator.lastIndex : file.length }
}
