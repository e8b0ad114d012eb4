import type { DateTime, Duration, LocalDateTime, LocalTime, Date as Neo4jDate, Point, Time } from 'neo4j-driver'
import { dateText, offsetText, timeText } from './java-text.ts'

/**
 * A property's value as the host program reads it (Import.java), and names it by digests (Values.java): its Java type, and
 * what it is made of. Floats are the 16 hexadecimal digits of their bits.
 */
export type JavaValue =
  | readonly [type: Text, text: string]
  | readonly [type: 'Double', bits: string]
  | readonly [type: 'Duration', ...parts: readonly string[]]
  | readonly [type: 'Point', code: number, ...bits: readonly string[]]
  | readonly [type: 'byte[]', bytes: string]
  | readonly [type: ArrayType, items: readonly JavaValue[]]

type Text = 'Long' | 'String' | 'Boolean' | 'LocalDate' | 'LocalTime' | 'OffsetTime' | 'LocalDateTime' | 'ZonedDateTime'

const arrayTypes = {
  Long: 'long[]',
  Double: 'double[]',
  Boolean: 'boolean[]',
  String: 'String[]',
  LocalDate: 'LocalDate[]',
  LocalTime: 'LocalTime[]',
  OffsetTime: 'OffsetTime[]',
  LocalDateTime: 'LocalDateTime[]',
  ZonedDateTime: 'ZonedDateTime[]',
  Duration: 'DurationValue[]',
  Point: 'PointValue[]',
} as const

type ArrayType = (typeof arrayTypes)[keyof typeof arrayTypes]

/** @param value as the driver has it, with `bigint` for integers */
export function javaValue(value: unknown): JavaValue {
  if (typeof value === 'bigint') return ['Long', String(value)]
  if (typeof value === 'number') return ['Double', bitsOf(value)]
  if (typeof value === 'string') return ['String', value]
  if (typeof value === 'boolean') return ['Boolean', String(value)]
  if (Array.isArray(value)) return javaArray(value)
  if (ArrayBuffer.isView(value)) {
    return ['byte[]', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')]
  }
  return javaObject(value)
}

/** Neo4j's lists are of one type; an empty one has none. */
function javaArray(values: readonly unknown[]): JavaValue {
  const items = values.map(javaValue)
  const type = arrayTypes[(items[0]?.[0] ?? 'String') as keyof typeof arrayTypes]
  if (!type) throw new TypeError('a list of what no list can have')
  return [type, items]
}

function javaObject(value: unknown): JavaValue {
  switch ((value as object | null)?.constructor.name) {
    case 'Date':
      return ['LocalDate', dateText(value as Neo4jDate<bigint>)]
    case 'LocalTime':
      return ['LocalTime', timeText(value as LocalTime<bigint>)]
    case 'Time': {
      const time = value as Time<bigint>
      return ['OffsetTime', timeText(time) + offsetText(time.timeZoneOffsetSeconds)]
    }
    case 'LocalDateTime':
      return ['LocalDateTime', local(value as LocalDateTime<bigint>)]
    case 'DateTime':
      return ['ZonedDateTime', zoned(value as DateTime<bigint>)]
    case 'Duration': {
      const { months, days, seconds, nanoseconds } = value as Duration<bigint>
      return ['Duration', ...[months, days, seconds, nanoseconds].map(String)]
    }
    case 'Point': {
      const { srid, x, y, z } = value as Point<bigint>
      return ['Point', Number(srid), ...(z === undefined ? [x, y] : [x, y, z]).map(bitsOf)]
    }
    default:
      throw new TypeError(`a value of a type that is not known: ${(value as object | null)?.constructor.name}`)
  }
}

function local(value: LocalDateTime<bigint> | DateTime<bigint>): string {
  return `${dateText(value)}T${timeText(value)}`
}

function zoned(value: DateTime<bigint>): string {
  const { timeZoneOffsetSeconds: offset, timeZoneId: zone } = value
  if (offset == null) throw new TypeError(`a point in time whose offset in ${zone} is not known`)
  return local(value) + offsetText(offset) + (zone == null ? '' : `[${zone}]`)
}

function bitsOf(number: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(number)
  return bytes.toString('hex')
}
