import { literal } from '../../sql.ts'
import type { Type, Types } from './types.ts'

/**
 * Expressions that make values of a type from a whole number `n`, another value for another number where the type has
 * that many. The first is the usual one, the others look as conditions on a column may want them. None: not known.
 */
export function valuesOf(type: Type, modifier: number, n: string, types: Types): readonly string[] {
  if (type.kind === 'e') return type.labels?.length ? [`${oneOf(type.labels, n)}::${type.text}`] : []
  if (type.kind === 'd') {
    const base = types.get(type.base)
    return base ? valuesOf(base, type.baseModifier, n, types) : []
  }
  if (type.kind === 'r') return rangeOf(type, n, types)
  const element = type.category === 'A' ? types.get(type.element) : undefined
  if (element) return valuesOf(element, modifier, n, types).map((value) => `ARRAY[${value}]::${element.text}[]`)
  if (type.category === 'S' && type.kind === 'b') return texts(modifier < 0 ? undefined : modifier - 4, n)
  return base[type.name]?.(n, modifier) ?? []
}

/** One of a few constants. */
export function oneOf(constants: readonly string[], n: string): string {
  return `(ARRAY[${constants.map(literal).join(', ')}]::text[])[1 + (${n}) % ${constants.length}]`
}

function rangeOf(type: Type, n: string, types: Types): readonly string[] {
  const subtype = types.get(type.subtype ?? '')
  const low = subtype ? valuesOf(subtype, -1, n, types)[0] : undefined
  const high = subtype ? valuesOf(subtype, -1, `${n} + 1`, types)[0] : undefined
  return subtype && low !== undefined && high !== undefined
    ? [`${type.text}((${low})::${subtype.text}, (${high})::${subtype.text})`]
    : []
}

/** @param length the longest that is allowed */
function texts(length: number | undefined, n: string): readonly string[] {
  const hexadecimal = `to_hex(${n})`
  if (length !== undefined && length < 16) {
    const digits = (text: string) => `right(lpad(${text}, ${length}, '0'), ${length})`
    const letters = `right(translate(lpad(${hexadecimal}, ${length}, '0'), '0123456789', 'ghijklmnop'), ${length})`
    return [digits(hexadecimal), digits(`(${n})::text`), letters, `upper(${letters})`]
  }
  const letters = `translate(${hexadecimal}, '0123456789', 'ghijklmnop')`
  return [
    `'value ' || (${n})`,
    `'name-' || (${n})`,
    `'name' || (${n}) || '@example.com'`,
    `'https://example.com/' || (${n})`,
    `'/' || (${n})`,
    `(${n})::text`,
    letters,
    `upper(${letters})`,
    `'+1555' || lpad((${n})::text, 7, '0')`,
    `md5((${n})::text)`,
    `'#' || lpad(${hexadecimal}, 6, '0')`,
    `(${n}) || '.0.0'`,
  ]
}

function numeric(n: string, modifier: number): string {
  if (modifier < 0) return `(${n}) + 0.25`
  const precision = ((modifier - 4) >> 16) & 0xffff
  const scale = (modifier - 4) & 0x7ff
  return `mod(${n}, ${10n ** BigInt(Math.max(0, precision - scale))}::numeric) + 0.25`
}

type Make = (n: string, modifier: number) => readonly string[]

const moment = (n: string) => `(${n}) * interval '61.25 seconds'`

/** By the name that the catalogue has for it. Extensions' types too, where a plain text makes one. */
const base: Readonly<Record<string, Make>> = {
  bool: (n) => [`(${n}) % 2 = 0`],
  int2: (n) => [`(${n}) % 32768`],
  int4: (n) => [`${n}`],
  int8: (n) => [`${n}`],
  oid: (n) => [`${n}`],
  float4: (n) => [`(${n}) + 0.5`, `((${n}) % 100) / 100.0`],
  float8: (n) => [`(${n}) + 0.5`, `((${n}) % 100) / 100.0`],
  numeric: (n, modifier) => [numeric(n, modifier), `mod(${numeric(n, modifier)}, 1)`],
  money: (n) => [`((${n}) + 0.25)::numeric`],
  bytea: (n) => [`decode(md5((${n})::text), 'hex')`],
  date: (n) => [`date '2024-01-01' + (${n})`],
  time: (n) => [`time '00:00' + ${moment(n)}`],
  timetz: (n) => [`timetz '00:00Z' + ${moment(n)}`],
  timestamp: (n) => [`timestamp '2024-01-01' + ${moment(n)}`],
  timestamptz: (n) => [`timestamptz '2024-01-01 00:00Z' + ${moment(n)}`],
  interval: (n) => [moment(n)],
  uuid: (n) => [`md5((${n})::text)::uuid`],
  json: (n) => [`json_build_object('number', ${n})`, `json_build_array(${n})`],
  jsonb: (n) => [`jsonb_build_object('number', ${n})`, `jsonb_build_array(${n})`],
  inet: (n) => [`inet '10.0.0.0' + (${n})`],
  cidr: (n) => [`inet '10.0.0.0' + (${n})`],
  macaddr: (n) => [`lpad(to_hex(${n}), 12, '0')`],
  macaddr8: (n) => [`lpad(to_hex(${n}), 16, '0')`],
  bit: (n, modifier) => [`(${n})::bit(${modifier < 0 ? 1 : modifier})`],
  varbit: (n, modifier) => [`(${n})::bit(${modifier < 0 ? 32 : modifier})`],
  point: (n) => [`point(${n}, ${n})`],
  line: (n) => [`line(point(0, 0), point(1, ${n}))`],
  lseg: (n) => [`lseg(point(0, 0), point(1, ${n}))`],
  box: (n) => [`box(point(0, 0), point(1, ${n}))`],
  path: (n) => [`'((0,0),(1,' || (${n}) || '))'`],
  polygon: (n) => [`polygon(box(point(0, 0), point(1, ${n})))`],
  circle: (n) => [`circle(point(${n}, 0), 1)`],
  tsvector: (n) => [`to_tsvector('simple', 'value ' || (${n}))`],
  tsquery: (n) => [`plainto_tsquery('simple', 'value ' || (${n}))`],
  xml: (n) => [`'<value>' || (${n}) || '</value>'`],
  hstore: (n) => [`'number=>' || (${n})`],
  ltree: (n) => [`'value.' || (${n})`],
  vector: (n, modifier) => [vector(n, modifier)],
  halfvec: (n, modifier) => [vector(n, modifier)],
}

function vector(n: string, modifier: number): string {
  return `translate(array_fill((${n}) % 100 + 1, ARRAY[${Math.max(1, modifier)}])::text, '{}', '[]')`
}
