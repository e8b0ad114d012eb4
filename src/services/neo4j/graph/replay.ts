import type { Bolt } from '../bolt/client.ts'
import { quoted } from '../bolt/quoted.ts'
import type { GraphCopy, NodeCopy, RelationshipCopy } from './copy.ts'

/** Rows in one transaction. */
const batch = 1_000

/** Writes all nodes and relationships of a copy into a database without any. */
export async function replay(bolt: Bolt, database: string, { nodes, relationships }: GraphCopy): Promise<void> {
  /** Ids in the copy to ids in this database. */
  const ids = new Map<string, string>()
  for (const { labels, items } of nodes) {
    for (const part of batches(items)) {
      const made = await writeNodes(bolt, database, labels, part)
      for (const [index, id] of made.entries()) ids.set(part[index]?.id ?? '', id)
    }
  }
  for (const { type, items } of relationships) {
    for (const part of batches(items)) await writeRelationships(bolt, database, type, part, ids)
  }
}

async function writeNodes(
  bolt: Bolt,
  database: string,
  labels: readonly string[],
  items: readonly NodeCopy[],
): Promise<string[]> {
  const pattern = `n${labels.map((label) => `:${quoted(label)}`).join('')}`
  const statement = `UNWIND $rows AS properties CREATE (${pattern}) SET n = properties RETURN elementId(n) AS id`
  const { records } = await bolt.transaction(database, (transaction) =>
    transaction.run<{ id: string }>(statement, { rows: items.map(({ properties }) => properties) }),
  )
  return records.map((record) => record.get('id'))
}

async function writeRelationships(
  bolt: Bolt,
  database: string,
  type: string,
  items: readonly RelationshipCopy[],
  ids: ReadonlyMap<string, string>,
): Promise<void> {
  const rows = items.map(({ from, to, properties }) => ({ from: ids.get(from), to: ids.get(to), properties }))
  const statement = `UNWIND $rows AS row
    MATCH (a) WHERE elementId(a) = row.from MATCH (b) WHERE elementId(b) = row.to
    CREATE (a)-[r:${quoted(type)}]->(b) SET r = row.properties`
  await bolt.transaction(database, (transaction) => transaction.run(statement, { rows }))
}

function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += batch) yield items.slice(start, start + batch)
}
