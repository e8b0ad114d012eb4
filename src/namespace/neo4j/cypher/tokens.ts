import { refuse } from './refuse.ts'

export interface Token {
  readonly kind: 'name' | 'quoted' | 'string' | 'number' | 'symbol' | 'end'
  /** As it stands in the query; of a quoted name, without its backticks. */
  readonly value: string
  readonly start: number
  readonly end: number
}

const space = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/y
const comment = /\/\/[^\r\n]*|\/\*.*?\*\//sy
/** What follows a number's digits without a space belongs to it, as in `1_000` and `0xFF`. */
const number = /(?:\d(?:_?\d)*(?:\.\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d+)?[A-Za-z0-9_]*/y
const name = /[\p{ID_Start}_][\p{ID_Continue}]*/uy
const quoted = /`(?:[^`]|``)*`/y
const string = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/sy
const symbol = /\.\.|<>|<=|>=|=~|\+=|\|\||::|!=|[()[\]{}<>=+\-*/%^.,:;|&!$]/y

/**
 * The words of a query, without spaces and comments; the last one is its end.
 * @throws ISOLANE_QUERY_REFUSED for anything that no kind of token begins with
 */
export function tokens(text: string): Token[] {
  // Up to Cypher 5 this is a character wherever it stands, so it could end a string or begin a pattern.
  const unicode = text.search(/\\u/i)
  if (unicode >= 0) {
    refuse(
      text,
      unicode,
      'it has a `\\u` sequence, which servers read in different ways',
      'put the text into a parameter',
    )
  }
  const found: Token[] = []
  let at = 0
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const add = (kind: Token['kind'], length: number, value: string) => {
    found.push({ kind, value, start: at, end: at + length })
    at += length
  }
  while (at < text.length) {
    const skipped = match(space) ?? match(comment)
    if (skipped !== undefined) {
      at += skipped.length
      continue
    }
    const escaped = match(quoted)
    const word = escaped ?? match(name)
    const value = word ?? match(string)
    if (escaped !== undefined) add('quoted', escaped.length, escaped.slice(1, -1).replaceAll('``', '`'))
    else if (word !== undefined) add('name', word.length, word)
    else if (value !== undefined) add('string', value.length, value)
    else {
      const sign = match(/\.\./y) ?? ''
      const digits = sign === '' ? match(number) : undefined
      const other = digits ?? match(symbol)
      if (other === undefined)
        refuse(text, at, 'it has a character that Isolane does not know here', 'write the query without it')
      add(digits === undefined ? 'symbol' : 'number', other.length, other)
    }
  }
  found.push({ kind: 'end', value: '', start: at, end: at })
  return found
}
