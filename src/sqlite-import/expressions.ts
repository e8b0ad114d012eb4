import { identifier, literal } from '../services/postgres/sql.ts'
import type { ColumnType } from './column-types.ts'
import { isSign, isWord, type Token } from './tokens.ts'

/** What has no like in PostgreSQL that means the same. */
export class Untranslatable extends Error {}

/** The types of a table's columns, by name. */
export type ColumnTypes = ReadonlyMap<string, ColumnType>

const words = 'AND OR NOT IN IS NULL BETWEEN CASE WHEN THEN ELSE END ISNULL NOTNULL TRUE FALSE'.split(' ')
const signs = ['(', ')', ',', '+', '-', '*', '/', '%', '<', '>', '<=', '>=', '=', '==', '<>', '!=', '||']

const functions: Readonly<Record<string, string>> = {
  length: 'char_length',
  abs: 'abs',
  lower: 'lower',
  upper: 'upper',
  coalesce: 'coalesce',
  ifnull: 'coalesce',
  nullif: 'nullif',
  trim: 'btrim',
  ltrim: 'ltrim',
  rtrim: 'rtrim',
  substr: 'substr',
  substring: 'substr',
  replace: 'replace',
}

/**
 * An expression of SQLite's for PostgreSQL. Whether its types agree is for the server to say.
 * @throws Untranslatable for what is not known to mean the same there
 */
export function translate(tokens: readonly Token[], types: ColumnTypes): string {
  const parts: string[] = []
  for (const [at, token] of tokens.entries()) parts.push(part(token, at, tokens, types))
  return parts.filter(Boolean).join(' ')
}

/** How a column is called, however it is written: SQLite does not tell capitals. */
export function columnNamed(name: string, names: Iterable<string>): string | undefined {
  for (const each of names) if (each.toLowerCase() === name.toLowerCase()) return each
  return undefined
}

function part(token: Token, at: number, tokens: readonly Token[], types: ColumnTypes): string {
  const next = tokens[at + 1]
  switch (token.kind) {
    case 'number':
      if (/^0x/i.test(token.text)) throw new Untranslatable(`the number ${token.text}`)
      return comparedTruth(at, tokens, types) ?? token.text
    case 'string':
      return textLiteral(token.text)
    case 'blob':
      return `'\\x${token.text.slice(2, -1)}'::bytea`
    case 'sign':
      if (!signs.includes(token.text)) throw new Untranslatable(`the sign ${token.text}`)
      return token.text === '==' ? '=' : token.text
    case 'name':
      // Between double quotes SQLite takes what is no column for a text.
      return column(token, at, tokens, types) ?? textLiteral(token.text)
    case 'word': {
      if (isSign(next, '(') && !isWord(token, ...words)) return functionNamed(token.text)
      if (isWord(token, 'LIKE')) return 'ILIKE'
      if (isWord(token, 'IS') && !isWord(next, 'NULL', 'NOT', 'TRUE', 'FALSE')) throw new Untranslatable('IS')
      if (isWord(token, 'IS') && isWord(next, 'NOT') && !isWord(tokens[at + 2], 'NULL', 'TRUE', 'FALSE')) {
        throw new Untranslatable('IS NOT')
      }
      const found = column(token, at, tokens, types)
      if (found !== undefined) return found
      if (isWord(token, ...words)) return token.text.toUpperCase()
      throw new Untranslatable(token.text)
    }
  }
}

function column({ text }: Token, at: number, tokens: readonly Token[], types: ColumnTypes): string | undefined {
  const name = columnNamed(text, types.keys())
  if (name === undefined) return undefined
  const next = tokens[at + 1]
  const compared =
    next !== undefined &&
    (next.kind === 'sign' ? !isSign(next, ')') && !isSign(next, ',') : isWord(next, 'IN', 'BETWEEN'))
  // As numbers, which they were.
  if (types.get(name)?.sql === 'boolean' && compared && comparedTruth(at + 2, tokens, types) === undefined) {
    return `${identifier(name)}::int`
  }
  return identifier(name)
}

/** Of `done = 1`, what the number is where `done` is a boolean. */
function comparedTruth(at: number, tokens: readonly Token[], types: ColumnTypes): string | undefined {
  const [left, sign, token] = [tokens[at - 2], tokens[at - 1], tokens[at]]
  if (!left || !(isSign(sign, '=') || isSign(sign, '==')) || token?.kind !== 'number') return undefined
  const name = left.kind === 'word' || left.kind === 'name' ? columnNamed(left.text, types.keys()) : undefined
  if (name === undefined || types.get(name)?.sql !== 'boolean') return undefined
  return token.text === '1' ? 'true' : token.text === '0' ? 'false' : undefined
}

function functionNamed(name: string): string {
  const known = functions[name.toLowerCase()]
  if (known === undefined) throw new Untranslatable(`the function ${name}`)
  return known
}

function textLiteral(text: string): string {
  if (text.includes('\0')) throw new Untranslatable('a text with U+0000')
  return literal(text)
}
