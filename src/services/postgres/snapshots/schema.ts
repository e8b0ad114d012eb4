import { createHash } from 'node:crypto'
import type { Client } from '../client.ts'
import { schemaQueries } from './schema-queries.ts'

interface Line {
  readonly name: string
  readonly text?: string | null
  readonly expression?: string | null
  /** Older versions do not list it. */
  readonly newer?: boolean
}

/** Half of a fingerprint, in hexadecimal digits. */
const half = 32

/** All that a database has besides data, a line for each thing. */
export interface Schema {
  /** As every version words it. */
  readonly names: readonly string[]
  /** As this version words it. */
  readonly texts: readonly string[]
}

/** @param owner the role that the lane belongs to, which may have another name elsewhere */
export async function readSchema(client: Client, major: number, owner: string): Promise<Schema> {
  const names: string[] = []
  const texts: string[] = []
  for (const query of schemaQueries(major)) {
    // Not each of them asks for the role, and each is given it.
    const { rows } = await client.query<Line>(`SELECT * FROM (${query}) line WHERE $1::text IS NOT NULL`, [owner])
    for (const { name, text, expression, newer } of rows) {
      if (!newer) names.push(name)
      texts.push(`${name}\t${text ?? ''}\t${plain(expression ?? '')}`)
    }
  }
  return { names: names.sort(), texts: texts.sort() }
}

/** Equal when it was dumped and restored on the same major version; the first half on every version: {@link sameSchema}. */
export function fingerprintOf({ names, texts }: Schema): string {
  return digest(names) + digest(texts)
}

/** A few lines of each of two schemas that the other has not, for people. */
export function differenceOf(saved: Schema, found: Schema, sameMajor: boolean): string {
  const linesOf = ({ names, texts }: Schema) => (sameMajor ? texts : names)
  const only = (these: readonly string[], those: ReadonlySet<string>) =>
    these.filter((line) => !those.has(line)).map((line) => line.replaceAll(/\s+/g, ' ').trim().slice(0, 300))
  const gone = only(linesOf(saved), new Set(linesOf(found))).map((line) => `- ${line}`)
  const come = only(linesOf(found), new Set(linesOf(saved))).map((line) => `+ ${line}`)
  return [...gone.slice(0, 8), ...come.slice(0, 8)].join('\n')
}

/** Of a fingerprint, what only tells of names, and is the same on every version. */
export function namesOnly(schema: string): string {
  return schema.slice(0, half)
}

/** Whether a schema that was saved is there, on a server of the same major version or not. */
export function sameSchema(saved: string, found: string, sameMajor: boolean): boolean {
  const hasTexts = sameMajor && saved !== namesOnly(saved)
  return hasTexts ? saved === found : namesOnly(saved) === namesOnly(found)
}

const name = String.raw`(?:"[^"]+"|\w+)`
const casts = new RegExp(
  String.raw`::${name}(?:\.${name})?(?: varying| precision)?(?:\(\d+(?:,\d+)?\))?(?: with(?:out)? time zone)?(?:\[\])*`,
  'g',
)

/** PostgreSQL moves casts and parentheses about when it reads back what it has written. */
function plain(expression: string): string {
  return expression.replaceAll(casts, '').replaceAll(/[\s()]+/g, '')
}

function digest(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, half)
}
