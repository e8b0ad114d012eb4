import type { Driver, Record as Neo4jRecord, QueryResult, Session } from 'neo4j-driver'

/** Everything that a query's answer says, without what a server chooses: ids, and the order of rows where none is asked for. */
export function said(query: string, { records, summary }: QueryResult): unknown {
  const rows = records.map((record) => JSON.stringify(record.keys.map((key) => [key, plain(record.get(key))])))
  const updates = { ...(summary.counters.updates() as Record<string, number>) }
  // Those of the namespace are counted too.
  delete updates.labelsAdded
  // A node takes its relationships with it, also those to another namespace.
  if (/detach/i.test(query)) delete updates.relationshipsDeleted
  return { rows: /order by/i.test(query) ? rows : rows.toSorted(), updates, type: summary.queryType }
}

/** Values as the same text wherever they come from. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.every(isThing) ? value.map(plain).toSorted(byText) : value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const known = value as Record<string, unknown>
  if ('__isNode__' in known) return { labels: known.labels, properties: plain(known.properties) }
  if ('__isRelationship__' in known) return { type: known.type, properties: plain(known.properties) }
  if ('__isPath__' in known) {
    const segments = known.segments as { start: unknown; relationship: unknown; end: unknown }[]
    return segments.flatMap(({ start, relationship, end }) => [plain(start), plain(relationship), plain(end)])
  }
  return Object.fromEntries(
    Object.keys(known)
      .toSorted()
      .map((key) => [key, plain(known[key])]),
  )
}

/** Lists of nodes and of texts come from `collect`, in no order. */
const isThing = (value: unknown) => typeof value === 'string' || typeof value === 'object'
const byText = (one: unknown, other: unknown) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)

/** What a subgraph is: all nodes with that label (or all there are) and the relationships among them. */
export async function fingerprint(session: Session, label?: string): Promise<string> {
  const where = (name: string) => (label === undefined ? 'true' : `${name}:${label}`)
  const nodes = await session.run(`MATCH (n) WHERE ${where('n')} RETURN labels(n) AS labels, properties(n) AS p`)
  const relationships = await session.run(
    `MATCH (a)-[r]->(b) WHERE ${where('a')} AND ${where('b')}
     RETURN labels(a) AS la, properties(a) AS a, type(r) AS t, properties(r) AS r, labels(b) AS lb, properties(b) AS b`,
  )
  const row = (record: Neo4jRecord) =>
    JSON.stringify(record.keys.map((key) => plain(dropped(record.get(key), label === 'Dev' ? 'Dev' : undefined))))
  return JSON.stringify([nodes.records.map(row).toSorted(), relationships.records.map(row).toSorted()])
}

function dropped(value: unknown, label: string | undefined): unknown {
  return Array.isArray(value) ? value.filter((one) => one !== label) : value
}

export async function fill(driver: Driver, database: string, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await driver.executeQuery(statement, {}, { database })
}
