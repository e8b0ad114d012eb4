/** One statement of a Cypher file. */
export interface Statement {
  readonly text: string
  /** Where it begins in the file, in UTF-16 units. */
  readonly offset: number
}

/** A line that only `cypher-shell` understands, such as `:param`. */
export class ShellCommand extends Error {
  readonly offset: number

  constructor(line: string, offset: number) {
    super(`the cypher-shell command \`${line}\``)
    this.offset = offset
  }
}

/** What stands between statements, or may hide a `;`: comments, texts and quoted names; an unfinished one runs to the end. */
const token =
  /(?<gap>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\s+)|(?<end>;)|'(?:\\[\s\S]|[^\\'])*(?:'|$)|"(?:\\[\s\S]|[^\\"])*(?:"|$)|`[^`]*(?:`|$)|[^\s;'"`/]+|\//gy

/**
 * Splits a file at the semicolons that end statements. Files exported for `cypher-shell` may hold `:begin` and `:commit`:
 * they are passed over, as each statement is a transaction of its own.
 *
 * @throws ShellCommand for any other line that begins with a colon
 */
export function* statements(source: string): Generator<Statement> {
  let start: number | undefined
  let end = 0
  token.lastIndex = 0
  for (let match = token.exec(source); match; match = token.exec(source)) {
    if (match.groups?.gap !== undefined) continue
    if (match.groups?.end !== undefined) {
      if (start !== undefined) yield { text: source.slice(start, end), offset: start }
      start = undefined
      continue
    }
    if (start === undefined && match[0].startsWith(':')) {
      token.lastIndex = passShellCommand(source, match.index)
      continue
    }
    start ??= match.index
    end = token.lastIndex
  }
  if (start !== undefined) yield { text: source.slice(start, end), offset: start }
}

function passShellCommand(source: string, offset: number): number {
  const end = source.indexOf('\n', offset)
  const line = source.slice(offset, end < 0 ? undefined : end).trim()
  if (!/^:(begin|commit)\s*;?$/i.test(line)) throw new ShellCommand(line, offset)
  return end < 0 ? source.length : end
}
