import type { Neo4jLane } from '../../../../src/services/neo4j/index.ts'
import { connect, query } from '../fixture.ts'

/** Everything that tells whether two graphs are the same, without the ids. */
export async function everything(endpoint: Neo4jLane): Promise<string[]> {
  await using driver = connect(endpoint)
  const rows = [
    await query(driver, endpoint, 'MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties'),
    await query(
      driver,
      endpoint,
      'MATCH (a)-[r]->(b) RETURN properties(a) AS from, type(r) AS type, properties(r) AS properties, properties(b) AS to',
    ),
    await query(driver, endpoint, 'MATCH (n:Kinds) UNWIND keys(n) AS key RETURN key, valueType(n[key]) AS type'),
    await query(
      driver,
      endpoint,
      "SHOW CONSTRAINTS YIELD name, createStatement WHERE NOT name STARTS WITH 'isolane ' RETURN *",
    ),
    await query(
      driver,
      endpoint,
      "SHOW INDEXES YIELD name, state, createStatement WHERE NOT name STARTS WITH 'isolane ' RETURN *",
    ),
  ]
  return rows.flat().map(stable).sort()
}

function stable(row: object): string {
  return JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => left.localeCompare(right)))
  })
}

export async function seed({ lane: endpoint }: { lane: Neo4jLane }): Promise<void> {
  await using driver = connect(endpoint)
  const statements = [
    `CREATE (:Kinds {integer: 9223372036854775807, float: 1.0, tiny: 1e-300, infinite: 1.0 / 0, text: 'ä \\u0000 🙂', yes: true,
      point: point({longitude: 13.4, latitude: 52.5, height: 34.1}), flat: point({x: 1, y: 2}), date: date('2024-02-29'),
      duration: duration('P1Y2M3DT4H5M6.789S'), localTime: localtime('12:34:56.123456789'), time: time('12:34+02:00'),
      local: localdatetime('2026-01-31T12:00:00.000000001'), zoned: datetime('2026-07-01T12:00:00[Europe/Berlin]'),
      summer: datetime('2026-10-25T02:30:00+02:00[Europe/Berlin]'), winter: datetime('2026-10-25T02:30:00+01:00[Europe/Berlin]'),
      offset: datetime('0001-01-01T00:00:00-11:45'), integers: [1, 2, 3], floats: [1.0, 2.5], texts: ['a', ''], none: [],
      dates: [date('2026-01-01')], points: [point({x: 1, y: 2, z: 3})]})`,
    'CREATE (:`Odd ``label``\\u005Cu0060`:Second {`odd ``key```: 1})-[:`ODD ``TYPE``\\u005Cu0060` {since: 1}]->(:Second {id: 2})',
    'MATCH (n:Second {id: 2}) CREATE (n)-[:SELF]->(n), (n)-[:SELF]->(n), ({bare: true})',
    'UNWIND range(1, 3) AS i CREATE (:Many {i: i})-[:NEXT {i: i}]->(:Many {i: -i})',
  ]
  for (const statement of statements) await query(driver, endpoint, statement)
}

/** More than is written in one transaction. */
export async function seedMore({ lane: endpoint }: { lane: Neo4jLane }): Promise<void> {
  await seed({ lane: endpoint })
  await using driver = connect(endpoint)
  await query(driver, endpoint, 'UNWIND range(4, 1100) AS i CREATE (:Many {i: i})-[:NEXT {i: i}]->(:Many {i: -i})')
}

export async function migrate({ lane: endpoint }: { lane: Neo4jLane }): Promise<void> {
  await using driver = connect(endpoint)
  const statements = [
    'CREATE CONSTRAINT second_id FOR (s:Second) REQUIRE s.id IS UNIQUE',
    'CREATE CONSTRAINT `odd ``constraint``` FOR ()-[n:NEXT]-() REQUIRE n.i IS UNIQUE',
    'CREATE INDEX many_i FOR (m:Many) ON (m.i, m.j)',
    "CREATE FULLTEXT INDEX texts FOR (k:Kinds|Second) ON EACH [k.text] OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}}",
    'CREATE POINT INDEX places FOR (k:Kinds) ON (k.point)',
    'CREATE TEXT INDEX text_of FOR ()-[n:NEXT]-() ON (n.text)',
    'CREATE VECTOR INDEX vectors FOR (m:Many) ON m.vector OPTIONS {indexConfig: {`vector.dimensions`: 3}}',
  ]
  for (const statement of statements) await query(driver, endpoint, statement)
}

/** What tests may do to it. */
export const damages = [
  'MATCH (n) DETACH DELETE n',
  'MATCH (n:Kinds) SET n = {}, n:Stranger',
  'MATCH ()-[r]->() DELETE r',
  'UNWIND range(1, 5) AS i CREATE (:Other {i: i})-[:R]->(:Other)',
  'DROP CONSTRAINT second_id',
  'DROP INDEX texts',
  'CREATE CONSTRAINT stranger FOR (o:Other) REQUIRE o.i IS UNIQUE',
  'CREATE INDEX many_i2 FOR (m:Many) ON (m.j)',
]

/** More than is deleted in one transaction. */
export const moreDamage = 'UNWIND range(6, 5500) AS i CREATE (:Other {i: i})-[:R]->(:Other)'
