import type { Driver, QueryResult, Session } from 'neo4j-driver'

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

type Runner = Pick<Session, 'run'>

/** What each namespace's part of the graph is: the nodes with its label and the relationships among them; for `''`, all there are. */
export async function fingerprints(runner: Runner, namespaces: readonly string[]): Promise<string[]> {
  const nodes = await runner.run('MATCH (n) RETURN [labels(n)] AS ends, properties(n) AS p')
  const relationships = await runner.run(
    `MATCH (a)-[r]->(b)
     RETURN [labels(a), labels(b)] AS ends, properties(a) AS a, type(r) AS t, properties(r) AS r, properties(b) AS b`,
  )
  return namespaces.map((label) => {
    const rows = ({ records }: QueryResult) =>
      records
        .map((record) => record.toObject() as { readonly ends: readonly (readonly string[])[] })
        .filter(({ ends }) => label === '' || ends.every((labels) => labels.includes(label)))
        .map(({ ends, ...rest }) => {
          const shown = ends.map((labels) => labels.filter((one) => one !== label).toSorted())
          return JSON.stringify([shown, plain(rest)])
        })
        .toSorted()
    return JSON.stringify([rows(nodes), rows(relationships)])
  })
}

export async function fill(driver: Driver, database: string, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await driver.executeQuery(statement, {}, { database })
}
