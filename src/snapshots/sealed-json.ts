import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'

/** A JSON object whose `checksum` is the SHA-256, in hexadecimal digits, of the canonical JSON (RFC 8785) of all the rest. */
export interface Sealed {
  readonly value: Readonly<Record<string, unknown>>
  /** Whether the checksum is right. */
  readonly isWhole: boolean
}

/** The text of an object, for people too, with its checksum. */
export function sealedText(contents: object): string {
  return `${JSON.stringify({ ...contents, checksum: checksumOf(contents) }, undefined, 2)}\n`
}

/** @throws Error, whatever it is, for what is no JSON object, and what is nested so deeply that nobody can follow */
export function readSealed(text: string): Sealed {
  const value = JSON.parse(text) as unknown
  if (!isObject(value)) throw new TypeError('it is no object')
  const { checksum, ...rest } = value
  return { value, isWhole: checksum === checksumOf(rest) }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checksumOf(value: object): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
