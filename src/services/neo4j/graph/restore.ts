import type { Bolt } from '../bolt/client.ts'
import type { GraphCopy } from './copy.ts'
import { replay } from './replay.ts'
import { createSchema, dropStrangers, readSchema, type SchemaItem } from './schema.ts'

/** Nodes or relationships deleted in one transaction, which is held in memory. */
const batch = 10_000n

/** Somebody whose transaction ended a moment too late may have written in between. */
const attempts = 3

/** Makes a database equal to the copy. One at a time for each database: several deadlock. */
export async function restore(bolt: Bolt, database: string, copy: GraphCopy): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const missing = await dropStrangers(bolt, database, copy.schema)
    await clear(bolt, database)
    await createSchema(bolt, database, missing)
    await replay(bolt, database, copy)
    if (await isComplete(bolt, database, copy)) return
    if (attempt === attempts) throw new Error(`something else keeps writing to the database ${database}`)
  }
}

/** Leaves a database as a new one is: with nothing but the two indexes that find labels and types. */
export async function wipe(bolt: Bolt, database: string): Promise<void> {
  const schema = await readSchema(bolt, database)
  await dropStrangers(bolt, database, schema.filter(isLookup))
  await clear(bolt, database)
  await bolt.rows(database, 'CREATE LOOKUP INDEX IF NOT EXISTS FOR (n) ON EACH labels(n)')
  await bolt.rows(database, 'CREATE LOOKUP INDEX IF NOT EXISTS FOR ()-[r]-() ON EACH type(r)')
}

/** Whether a database holds nothing of anybody's. */
export async function isEmpty(bolt: Bolt, database: string): Promise<boolean> {
  const schema = await readSchema(bolt, database)
  const nodes = await bolt.rows(database, 'MATCH (n) RETURN 1 LIMIT 1')
  return nodes.length === 0 && schema.every(isLookup)
}

function isLookup({ statement }: SchemaItem): boolean {
  return statement.startsWith('CREATE LOOKUP INDEX')
}

/** Deletes all nodes and relationships; constraints and indexes stay. */
async function clear(bolt: Bolt, database: string): Promise<void> {
  await deleteAll(bolt, database, 'MATCH ()-[r]->() WITH r LIMIT $batch DELETE r RETURN count(*) AS deleted')
  await deleteAll(bolt, database, 'MATCH (n) WITH n LIMIT $batch DETACH DELETE n RETURN count(*) AS deleted')
}

async function deleteAll(bolt: Bolt, database: string, statement: string): Promise<void> {
  for (;;) {
    const deleted = await bolt.transaction(database, async (transaction) => {
      const { records } = await transaction.run(statement, { batch })
      return Number(records[0]?.get('deleted') ?? 0)
    })
    if (deleted < batch) return
  }
}

async function isComplete(bolt: Bolt, database: string, { nodes, relationships }: GraphCopy): Promise<boolean> {
  const count = async (pattern: string) => {
    const [row] = await bolt.rows<{ count: unknown }>(database, `MATCH ${pattern} RETURN count(*) AS count`)
    return Number(row?.count)
  }
  const total = (groups: readonly { readonly items: readonly unknown[] }[]) =>
    groups.reduce((sum, { items }) => sum + items.length, 0)
  return (await count('(n)')) === total(nodes) && (await count('()-[r]->()')) === total(relationships)
}
