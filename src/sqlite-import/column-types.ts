import type { ColumnFacts } from './column-facts.ts'
import { readMoment } from './moments.ts'
import type { SqliteColumn } from './read-schema.ts'
import { BrokenText, type Value } from './values.ts'

/** A type of PostgreSQL's for a column of SQLite's. */
export interface ColumnType {
  /** `character varying(20)`. */
  readonly sql: string
  /** What of it PostgreSQL reads as the value. */
  write(value: Exclude<Value, null>): string
  /** The same for two values that are the same, told from SQLite's side. */
  before(value: Exclude<Value, null>): string
  /** And from what PostgreSQL writes. */
  after(text: string): string
}

/** What is to be looked for in the texts of a column that was declared so. */
export function lookedFor({ declared }: SqliteColumn): 'moments' | 'json' | 'uuids' | undefined {
  if (momentNames.test(declared)) return 'moments'
  if (/^jsonb?$/i.test(declared)) return 'json'
  return /^uuid$/i.test(declared) ? 'uuids' : undefined
}

const momentNames = /^(?:date|time|datetime|timestamp)/i

/** Chooses by what was declared, where the values agree with it; else by what they are. @param warn told what was not as declared */
export function chooseType(column: SqliteColumn, facts: ColumnFacts, warn: (text: string) => void): ColumnType {
  const { declared } = column
  const wanted = asDeclared(declared, facts)
  if (wanted) return wanted
  const found = asFound(facts, momentNames.test(declared))
  const held = describe(facts, lookedFor(column))
  if (declared !== '' && facts.any) warn(`was declared ${declared} and holds ${held}: it is ${found.sql} now`)
  else if (found === mixedText || found === mixedBytes) warn(`holds ${held}: it is ${found.sql} now`)
  return found
}

function asDeclared(declared: string, facts: ColumnFacts): ColumnType | undefined {
  if (facts.withNul > 0 || facts.broken > 0) return undefined
  if (/^bool/i.test(declared)) return facts.only('integers') && facts.truths ? boolean : undefined
  if (momentNames.test(declared)) return moment(declared, facts)
  if (/^jsonb?$/i.test(declared)) return facts.only('texts') && facts.json ? json : undefined
  if (/^uuid$/i.test(declared)) return facts.only('texts') && facts.uuids ? exactly('uuid') : undefined
  if (/int/i.test(declared)) return facts.only('integers') ? integer(declared, facts) : undefined
  if (/char|clob|text/i.test(declared)) return facts.only('texts') ? text(declared, facts) : undefined
  if (/blob|^bytea|binary/i.test(declared)) return facts.only('blobs') ? bytes : undefined
  if (/real|floa|doub/i.test(declared)) return facts.only('reals', 'integers') && exactReals(facts) ? double : undefined
  if (/^(?:numeric|decimal|number|money)/i.test(declared)) {
    return facts.only('reals', 'integers') && !facts.infinite ? numeric : undefined
  }
  return undefined
}

/** @param moments it was declared to hold moments: as numbers they outgrow an integer in 2038 */
function asFound(facts: ColumnFacts, moments: boolean): ColumnType {
  if (!facts.any) return exactly('text')
  if (facts.only('integers')) return moments ? exactly('bigint') : integer('', facts)
  if (facts.only('reals', 'integers') && exactReals(facts)) return double
  if (facts.only('reals', 'integers') && !facts.infinite) return numeric
  if (facts.only('blobs')) return bytes
  if (facts.blobs + facts.broken + facts.withNul > 0) return mixedBytes
  return facts.only('texts') ? exactly('text') : mixedText
}

const limit = { smallint: 2n ** 15n, integer: 2n ** 31n, exact: 2n ** 53n }

function within({ least, most }: ColumnFacts, bound: bigint): boolean {
  return least >= -bound && most < bound
}

/** Whether no integer among the reals would be rounded. */
function exactReals(facts: ColumnFacts): boolean {
  return facts.integers === 0 || within(facts, limit.exact)
}

function integer(declared: string, facts: ColumnFacts): ColumnType {
  if (/small|tiny|int2/i.test(declared) && within(facts, limit.smallint)) return exactly('smallint')
  return exactly(/big|int8/i.test(declared) || !within(facts, limit.integer) ? 'bigint' : 'integer')
}

function text(declared: string, { longest }: ColumnFacts): ColumnType {
  const [, length] = /\bn?(?:var)?(?:ying )?char(?:acter)?(?: varying)?\s*\(\s*(\d+)\s*\)/i.exec(declared) ?? []
  return length === undefined || longest > Number(length) || Number(length) < 1
    ? exactly('text')
    : exactly(`character varying(${length})`)
}

function moment(declared: string, facts: ColumnFacts): ColumnType | undefined {
  if (!facts.only('texts')) return undefined
  const [kind, another] = [...facts.moments]
  if (another !== undefined || kind === 'none') return undefined
  if (kind !== undefined) return momentType(kind)
  if (/^date$/i.test(declared)) return momentType('date')
  if (/^time$/i.test(declared)) return momentType('time')
  return momentType(/tz|with time zone/i.test(declared) ? 'timestamptz' : 'timestamp')
}

function momentType(sql: string): ColumnType {
  const canonical = (text: string) => readMoment(text)?.canonical ?? text
  return { sql, write: String, before: (value) => canonical(String(value)), after: canonical }
}

/** For what PostgreSQL writes as it was given. */
function exactly(sql: string): ColumnType {
  return { sql, write: String, before: String, after: (written) => written }
}

const boolean: ColumnType = { ...exactly('boolean'), write: truth, before: truth }

function truth(value: Exclude<Value, null>): string {
  return value === 1n ? 'true' : 'false'
}

const double: ColumnType = {
  sql: 'double precision',
  write: String,
  before: (value) => String(Number(value)),
  after: (written) => String(Number(written)),
}

const numeric: ColumnType = { sql: 'numeric', write: String, before: (value) => decimal(String(value)), after: decimal }

/** Without an exponent, and without noughts that mean nothing. */
function decimal(written: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(written) ?? []
  const shift = Number(exponent)
  const digits = `${'0'.repeat(Math.max(0, -shift))}${whole}${fraction}${'0'.repeat(Math.max(0, shift - fraction.length))}`
  const point = Math.max(0, -shift) + whole.length + shift
  const left = digits.slice(0, point).replace(/^0+/, '') || '0'
  const right = digits.slice(point).replace(/0+$/, '')
  const value = right === '' ? left : `${left}.${right}`
  return value === '0' ? value : sign + value
}

const json: ColumnType = { ...exactly('jsonb'), before: (value) => sorted(String(value)), after: sorted }

/** PostgreSQL orders an object's keys by itself. */
function sorted(written: string): string {
  return JSON.stringify(JSON.parse(written), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  )
}

const bytes: ColumnType = {
  sql: 'bytea',
  write: (value) => `\\x${hex(value)}`,
  before: hex,
  after: (text) => text.slice(2),
}
const mixedBytes: ColumnType = { ...bytes }
const mixedText: ColumnType = exactly('text')

function hex(value: Exclude<Value, null>): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof BrokenText) return Buffer.from(value.bytes).toString('hex')
  return Buffer.from(String(value)).toString('hex')
}

/** What texts that were looked at closely are not, where that decides. */
const notAll = { moments: 'not all dates of one form', json: 'not all JSON', uuids: 'not all UUIDs in lower case' }

function describe(facts: ColumnFacts, looked: keyof typeof notAll | undefined): string {
  const { integers, reals, texts, blobs, broken, withNul } = facts
  const counts = { integer: integers, real: reals, text: texts, blob: blobs }
  const held = Object.entries(counts).flatMap(([kind, count]) =>
    count > 0 ? [`${count} ${kind}${count === 1 ? '' : 's'}`] : [],
  )
  if (broken > 0) held.push(`${broken} of what is no text in its encoding`)
  if (withNul > 0) return `${held.join(', ')} (${withNul} with U+0000)`
  return `${held.join(', ')}${looked !== undefined && facts.only('texts') ? ` (${notAll[looked]})` : ''}`
}
