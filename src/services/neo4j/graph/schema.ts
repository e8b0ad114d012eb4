import type { Bolt } from '../bolt/client.ts'
import { quoted } from '../bolt/quoted.ts'

/** What a constraint or index is, and how it is made again. */
export interface SchemaItem {
  readonly kind: 'CONSTRAINT' | 'INDEX'
  readonly name: string
  readonly statement: string
}

/** Schema objects of ours in a disposable database are nobody's schema. */
export const ownPrefix = 'isolane '

/** Constraints, then the indexes that no constraint owns. */
export async function readSchema(bolt: Pick<Bolt, 'rows'>, database: string): Promise<SchemaItem[]> {
  const constraints = await bolt.rows<Omit<SchemaItem, 'kind'>>(
    database,
    'SHOW CONSTRAINTS YIELD name, createStatement RETURN name, createStatement AS statement ORDER BY name',
  )
  const indexes = await bolt.rows<Omit<SchemaItem, 'kind'>>(
    database,
    `SHOW INDEXES YIELD name, owningConstraint, createStatement WHERE owningConstraint IS NULL
     RETURN name, createStatement AS statement ORDER BY name`,
  )
  const items = [
    ...constraints.map((item) => ({ ...item, kind: 'CONSTRAINT' as const })),
    ...indexes.map((item) => ({ ...item, kind: 'INDEX' as const })),
  ]
  return items.filter(({ name }) => !name.startsWith(ownPrefix))
}

/** Drops what the wanted schema has not; returns what is missing. */
export async function dropStrangers(
  bolt: Bolt,
  database: string,
  wanted: readonly SchemaItem[],
): Promise<readonly SchemaItem[]> {
  const present = await readSchema(bolt, database)
  const has = (items: readonly SchemaItem[], { name, statement }: SchemaItem) =>
    items.some((item) => item.name === name && item.statement === statement)
  for (const { kind, name } of present.filter((item) => !has(wanted, item))) {
    await bolt.rows(database, `DROP ${kind} ${quoted(name)} IF EXISTS`)
  }
  return wanted.filter((item) => !has(present, item))
}

/** Makes constraints and indexes, and waits until they are filled. */
export async function createSchema(bolt: Bolt, database: string, items: readonly SchemaItem[]): Promise<void> {
  if (items.length === 0) return
  for (const { statement } of items) await bolt.rows(database, statement)
  await bolt.rows(database, 'CALL db.awaitIndexes($seconds)', { seconds: indexPatience })
}

/** Seconds that filling the indexes of an empty or small database may take. */
const indexPatience = 300n
