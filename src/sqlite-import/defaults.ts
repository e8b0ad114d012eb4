import { literal } from '../services/postgres/sql.ts'
import type { ColumnType } from './column-types.ts'
import { Untranslatable } from './expressions.ts'
import { inParentheses, isSign, isWord, type Token, tokensOf } from './tokens.ts'

/**
 * A default for PostgreSQL; `undefined` where NULL is it.
 * @throws Untranslatable
 */
export function translateDefault(text: string, type: ColumnType): string | undefined {
  const tokens = withoutParentheses(tokensOf(text))
  const [first, second] = tokens
  if (tokens.length === 1 && isWord(first, 'NULL')) return undefined
  const now = tokens.length === 1 ? currentTime(first) : functionOfNow(tokens)
  if (now !== undefined) return nowAs(now, type)
  if (tokens.length === 1 && first?.kind === 'string') return constant(type, first.text)
  if (tokens.length === 1 && first?.kind === 'blob' && type.sql === 'bytea')
    return literal(`\\x${first.text.slice(2, -1)}`)
  if (tokens.length === 1 && isWord(first, 'TRUE')) return constant(type, 1n)
  if (tokens.length === 1 && isWord(first, 'FALSE')) return constant(type, 0n)
  const sign = isSign(first, '-') ? '-' : ''
  const number = sign !== '' || isSign(first, '+') ? second : first
  if (number?.kind === 'number' && tokens.length === (number === first ? 1 : 2))
    return numberDefault(sign + number.text, type)
  // Before SQLite takes a name for a column, it takes it for a text.
  if (tokens.length === 1 && first?.kind === 'name') return constant(type, first.text)
  throw new Untranslatable(text)
}

function withoutParentheses(tokens: readonly Token[]): readonly Token[] {
  if (!isSign(tokens[0], '(')) return tokens
  const inside = inParentheses(tokens, 0)
  return inside.length === tokens.length - 2 ? withoutParentheses(inside) : tokens
}

type Now = 'date' | 'time' | 'timestamp'

function currentTime(token: Token | undefined): Now | undefined {
  if (isWord(token, 'CURRENT_TIMESTAMP')) return 'timestamp'
  if (isWord(token, 'CURRENT_DATE')) return 'date'
  return isWord(token, 'CURRENT_TIME') ? 'time' : undefined
}

/** `datetime('now')` and its like, of UTC. */
function functionOfNow(tokens: readonly Token[]): Now | undefined {
  const [name, open, argument, close] = tokens
  const whole = tokens.length === 4 && isSign(open, '(') && isSign(close, ')')
  if (!whole || argument?.kind !== 'string' || argument.text !== 'now') return undefined
  if (isWord(name, 'DATETIME')) return 'timestamp'
  if (isWord(name, 'DATE')) return 'date'
  return isWord(name, 'TIME') ? 'time' : undefined
}

const formats: Readonly<Record<Now, string>> = {
  date: 'YYYY-MM-DD',
  time: 'HH24:MI:SS',
  timestamp: 'YYYY-MM-DD HH24:MI:SS',
}

function nowAs(now: Now, { sql }: ColumnType): string {
  if (sql === 'timestamptz') return 'now()'
  const utc = "(now() AT TIME ZONE 'UTC')"
  if (sql === 'timestamp' || sql === 'date' || sql === 'time') return `${utc}::${sql}`
  return `to_char(${utc}, ${literal(formats[now])})`
}

function numberDefault(text: string, type: ColumnType): string {
  if (type.sql === 'boolean' && (text === '0' || text === '1')) return constant(type, BigInt(text))
  if (/^-?0x/i.test(text)) throw new Untranslatable(text)
  return type.sql === 'text' || type.sql.startsWith('character') ? literal(text) : text
}

function constant(type: ColumnType, value: bigint | string): string {
  if (typeof value === 'string' && value.includes('\0')) throw new Untranslatable('a text with U+0000')
  if (type.sql === 'boolean' && typeof value === 'string') throw new Untranslatable(`'${value}'`)
  return literal(type.write(value))
}
