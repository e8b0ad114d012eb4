import type { ManagedTransaction } from 'neo4j-driver'
import { fingerprint } from '../../../core/fingerprint.ts'
import { StateContents, shortDigest } from '../../../core/state-contents.ts'
import type { Bolt } from '../bolt/client.ts'
import { readSchema } from '../graph/schema.ts'

export interface BoltContents {
  readonly contents: StateContents
  readonly schema: string
}

/** What the host program's Contents tells of its lanes, of a database that is talked to over Bolt. The digests are others. */
export async function readContents(bolt: Bolt, database: string): Promise<BoltContents> {
  const schema = (await readSchema(bolt, database)).map(({ name, statement }) => `${name} ${statement}`).sort()
  const contents = await bolt.transaction(database, async (transaction) => {
    const read = new StateContents()
    await addNodes(transaction, read)
    await addRelationships(transaction, read)
    return read
  })
  return { contents, schema: fingerprint(...schema) }
}

async function addNodes(transaction: ManagedTransaction, contents: StateContents): Promise<void> {
  const { records } = await transaction.run<{ id: string; labels: string[]; properties: object }>(
    "MATCH (n) RETURN split(elementId(n), ':')[2] AS id, labels(n) AS labels, properties(n) AS properties",
  )
  for (const record of records) {
    const labels = record.get('labels').toSorted()
    const key = shortDigest(`n${record.get('id')}`)
    const value = shortDigest(JSON.stringify([labels, exact(record.get('properties'))]))
    const groups = labels.length === 0 ? ['()'] : labels.map((label) => `(:${label})`)
    for (const group of groups) contents.add(group, key, value)
  }
}

async function addRelationships(transaction: ManagedTransaction, contents: StateContents): Promise<void> {
  const { records } = await transaction.run<{
    id: string
    type: string
    from: string
    to: string
    properties: object
  }>(
    `MATCH (a)-[r]->(b) RETURN split(elementId(r), ':')[2] AS id, type(r) AS type,
       split(elementId(a), ':')[2] AS from, split(elementId(b), ':')[2] AS to, properties(r) AS properties`,
  )
  for (const record of records) {
    const ends = [record.get('from'), record.get('to')]
    const value = shortDigest(JSON.stringify([ends, exact(record.get('properties'))]))
    contents.add(`[:${record.get('type')}]`, shortDigest(`r${record.get('id')}`), value)
  }
}

/** Told apart as JSON does not: integers from floats, 0 from -0, NaN from null, and the driver's classes from each other. */
export function exact(value: unknown): unknown {
  if (typeof value === 'number') return ['float', Object.is(value, -0) ? '-0' : String(value)]
  if (typeof value === 'bigint') return ['integer', String(value)]
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return ['list', ...value.map(exact)]
  if (ArrayBuffer.isView(value))
    return ['bytes', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')]
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return [value.constructor.name, ...entries.map(([key, item]) => [key, exact(item)])]
}
