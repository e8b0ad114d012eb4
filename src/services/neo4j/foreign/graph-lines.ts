import type { StateContents } from '../../../core/state-contents.ts'
import type { SchemaItem } from '../graph/schema.ts'
import { entityKey, nodeDigest, type Properties, relationshipDigest } from './digests.ts'
import type { ForeignServer } from './server.ts'
import { javaValue } from './values.ts'

/** What a saved graph is called, and the file that it is in. */
export const graphFormat = 'neo4j-graph'
export const graphFile = 'graph'

/** In the order in which they were made, so that a copy that is made in this order numbers them in the same way. */
const nodesInOrder = `MATCH (n) WITH n ORDER BY toInteger(split(elementId(n), ':')[2])
RETURN elementId(n) AS id, labels(n) AS labels, properties(n) AS properties`
const relationshipsInOrder = `MATCH (a)-[r]->(b) WITH a, r, b ORDER BY toInteger(split(elementId(r), ':')[2])
RETURN type(r) AS type, elementId(a) AS from, elementId(b) AS to, properties(r) AS properties`

interface NodeRow {
  readonly id: string
  readonly labels: readonly string[]
  readonly properties: Readonly<Record<string, unknown>>
}

interface RelationshipRow {
  readonly type: string
  readonly from: string
  readonly to: string
  readonly properties: Readonly<Record<string, unknown>>
}

/**
 * A graph as lines of JSON that the host program makes it of (Import.java): nodes, then relationships, whose ends are counted
 * from 0, then what makes constraints and indexes, then how many lines there were.
 * @param contents gets what is in it, by the numbers that the copy will have
 */
export async function* graphLines(
  server: ForeignServer,
  schema: readonly SchemaItem[],
  contents: StateContents,
): AsyncGenerator<Uint8Array> {
  let count = 0
  for await (const line of entities(server, contents)) {
    count += 1
    yield lineOf(line)
  }
  for (const { statement } of schema) yield lineOf({ make: statement })
  yield lineOf({ end: count + schema.length })
}

async function* entities(server: ForeignServer, contents: StateContents): AsyncGenerator<object> {
  const numbers = new Map<string, number>()
  for await (const row of server.stream<NodeRow>(nodesInOrder)) {
    const number = numbers.size
    numbers.set(row.id, number)
    const [labels, properties] = [row.labels.toSorted(), javaProperties(row.properties)]
    const value = nodeDigest(labels, properties)
    const groups = labels.length === 0 ? ['()'] : labels.map((label) => `(:${label})`)
    for (const group of groups) contents.add(group, entityKey('n', number), value)
    yield { labels, properties }
  }
  let count = 0
  for await (const row of server.stream<RelationshipRow>(relationshipsInOrder)) {
    const [from, to] = [numbers.get(row.from), numbers.get(row.to)]
    if (from === undefined || to === undefined) throw new Error('it was written to while it was read')
    const properties = javaProperties(row.properties)
    contents.add(`[:${row.type}]`, entityKey('r', count), relationshipDigest(from, to, properties))
    count += 1
    yield { type: row.type, from, to, properties }
  }
}

function javaProperties(properties: Readonly<Record<string, unknown>>): Properties {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, javaValue(value)]))
}

function lineOf(line: object): Buffer {
  return Buffer.from(`${JSON.stringify(line)}\n`)
}
