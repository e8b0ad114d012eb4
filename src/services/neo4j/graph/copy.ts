import type { ManagedTransaction } from 'neo4j-driver'
import type { Bolt } from '../bolt/client.ts'
import { readSchema, type SchemaItem } from './schema.ts'

type Properties = Readonly<Record<string, unknown>>

export interface NodeCopy {
  readonly id: string
  readonly properties: Properties
}

export interface RelationshipCopy {
  readonly from: string
  readonly to: string
  readonly properties: Properties
}

/** Everything in a database, in the driver's own values, so that nothing is lost. */
export interface GraphCopy {
  readonly schema: readonly SchemaItem[]
  readonly nodes: readonly { readonly labels: readonly string[]; readonly items: readonly NodeCopy[] }[]
  readonly relationships: readonly { readonly type: string; readonly items: readonly RelationshipCopy[] }[]
}

/** Reads a database that nobody writes to. Waits for its indexes, so that lanes begin with none that failed. */
export async function readGraph(bolt: Bolt, database: string): Promise<GraphCopy> {
  const schema = await readSchema(bolt, database)
  const { nodes, relationships } = await bolt.transaction(database, async (transaction) => ({
    nodes: await nodesByLabels(transaction),
    relationships: await relationshipsByType(transaction),
  }))
  return { schema, nodes, relationships }
}

async function nodesByLabels(transaction: ManagedTransaction): Promise<GraphCopy['nodes']> {
  const { records } = await transaction.run(
    'MATCH (n) RETURN elementId(n) AS id, labels(n) AS labels, properties(n) AS properties',
  )
  const groups = Map.groupBy(
    records.map((record) => record.toObject() as NodeCopy & { labels: string[] }),
    ({ labels }) => JSON.stringify(labels.toSorted()),
  )
  return [...groups].map(([labels, items]) => ({ labels: JSON.parse(labels) as string[], items }))
}

async function relationshipsByType(transaction: ManagedTransaction): Promise<GraphCopy['relationships']> {
  const { records } = await transaction.run(
    `MATCH (a)-[r]->(b)
     RETURN type(r) AS type, elementId(a) AS from, elementId(b) AS to, properties(r) AS properties`,
  )
  const groups = Map.groupBy(
    records.map((record) => record.toObject() as RelationshipCopy & { type: string }),
    ({ type }) => type,
  )
  return [...groups].map(([type, items]) => ({ type, items }))
}
