import neo4jDriver, { type Driver } from 'neo4j-driver'
import type { Neo4jLane } from '../../../../src/services/neo4j/index.ts'

const text = 'ä \u0000 🙂 \' " ` \\ \n'

const schema = [
  'CREATE CONSTRAINT second_id FOR (s:Second) REQUIRE s.id IS UNIQUE',
  'CREATE CONSTRAINT pair FOR (s:Second) REQUIRE (s.one, s.two) IS UNIQUE',
  'CREATE CONSTRAINT `odd ``constraint``` FOR ()-[n:NEXT]-() REQUIRE n.i IS UNIQUE',
  'CREATE INDEX many_i FOR (m:Many) ON (m.i, m.j)',
  'CREATE INDEX next_at FOR ()-[n:NEXT]-() ON (n.at)',
  "CREATE FULLTEXT INDEX texts FOR (k:Kinds|Second) ON EACH [k.text, k.name] OPTIONS {indexConfig: {`fulltext.analyzer`: 'english', `fulltext.eventually_consistent`: false}}",
  'CREATE FULLTEXT INDEX notes FOR ()-[n:NEXT|SELF]-() ON EACH [n.note]',
  'CREATE POINT INDEX places FOR (k:Kinds) ON (k.flat) OPTIONS {indexConfig: {`spatial.cartesian.min`: [-10.0, -10.0], `spatial.cartesian.max`: [10.0, 10.0]}}',
  'CREATE TEXT INDEX text_of FOR ()-[n:NEXT]-() ON (n.note)',
  'CREATE POINT INDEX next_place FOR ()-[n:NEXT]-() ON (n.place)',
  "CREATE VECTOR INDEX next_vectors FOR ()-[n:SELF]-() ON n.vector OPTIONS {indexConfig: {`vector.dimensions`: 2, `vector.similarity_function`: 'euclidean'}}",
  "CREATE VECTOR INDEX vectors FOR (m:Many) ON m.vector OPTIONS {indexConfig: {`vector.dimensions`: 3, `vector.similarity_function`: 'cosine'}}",
]

const data = [
  `CREATE (:Kinds {most: 9223372036854775807, least: -9223372036854775808, zero: 0, small: 127, float: 1.0,
    minusZero: -0.0, tiny: 4.9e-324, huge: 1.7976931348623157e308, infinite: $infinite, minusInfinite: -$infinite,
    nan: $nan, yes: true, no: false, empty: '', text: $text, name: 'running', long: $long, bytes: $bytes, noBytes: $noBytes})`,
  `CREATE (:Kinds {flat: point({x: 1.5, y: -2}), high: point({x: 1, y: 2, z: -3}), place: point({longitude: 13.4, latitude: 52.5}),
    peak: point({longitude: -180, latitude: -90, height: 34.1})})`,
  `CREATE (:Kinds {date: date('2024-02-29'), early: date('-9999-01-01'), late: date('+999999999-12-31'),
    duration: duration('P1Y2M3DT4H5M6.789S'), negative: duration({months: -1, days: 40, seconds: -1, nanoseconds: 1}), none: duration('PT0S'),
    localTime: localtime('12:34:56.123456789'), time: time('12:34+02:00'), timeBefore: time('00:00-18:00'),
    local: localdatetime('2026-01-31T12:00:00.000000001'), zoned: datetime('2026-07-01T12:00:00[Europe/Berlin]'),
    summer: datetime('2026-10-25T02:30:00+02:00[Europe/Berlin]'), winter: datetime('2026-10-25T02:30:00+01:00[Europe/Berlin]'),
    offset: datetime('0001-01-01T00:00:00-11:45')})`,
  `CREATE (:Kinds {integers: [1, -2, 9007199254740993], floats: [1.0, $nan, -0.0], texts: ['a', '', $text], booleans: [true, false],
    empties: [], dates: [date('2026-01-01'), date('-0001-01-01')], times: [time('01:02:03.000000004+05:30')],
    localTimes: [localtime('00:00')], locals: [localdatetime('2026-01-01T00:00')],
    zoned: [datetime('2026-10-25T02:30:00+01:00[Europe/Berlin]'), datetime('2026-01-01T00:00Z')],
    durations: [duration('P1M'), duration('P30D')], points: [point({x: 1, y: 2}), point({x: 0, y: -0.0})],
    peaks: [point({longitude: 1, latitude: 2, height: 3})]})`,
  'CREATE (:`Odd ``label``\\u005Cu0060`:Second {id: 0, `odd ``key```: 1})-[:`ODD ``TYPE``\\u005Cu0060` {since: date()}]->(:Second {id: 2})',
  "MATCH (n:Second {id: 2}) CREATE (n)-[:SELF {note: 'twice'}]->(n), (n)-[:SELF {vector: [0.5, -0.5]}]->(n), ({bare: true}), ()",
  'MATCH (n:Second {id: 2}) CREATE (n)-[:SELF]->(p:`Ünï 🙂` {`ключ`: 1})-[:SELF]->(n), (n)-[:SELF]->(p)',
  'CREATE (:A:B:C:D:E:F:G:H:I:J:K:L:M:N:O:P:Q:R:S:T:U:V:W:X:Y:Z {letters: 26})',
  "UNWIND range(1, 300) AS i CREATE (:Many {i: i, vector: [i * 1.0, 1.0, 0.5]})-[:NEXT {i: i, note: 'note ' + i, at: datetime()}]->(:Many {i: -i})",
  // Holes, and ids that are used again.
  'MATCH (m:Many) WHERE m.i % 3 = 0 DETACH DELETE m',
  'UNWIND range(1000, 1020) AS i CREATE (:Many {i: i})',
]

/** Writes everything that Neo4j can hold, and that is easily lost. `made`: constraints and indexes. */
export async function fill(driver: Driver, { database }: Neo4jLane, made: readonly string[] = schema): Promise<void> {
  const parameters = {
    text,
    // 4.4 does not take these as expressions of literals.
    infinite: Number.POSITIVE_INFINITY,
    nan: Number.NaN,
    long: `${text}x`.repeat(50_000),
    bytes: Int8Array.from({ length: 256 }, (_, index) => index - 128),
    noBytes: new Int8Array(),
  }
  for (const statement of [...made, ...data]) await driver.executeQuery(statement, parameters, { database })
  await driver.executeQuery('CALL db.awaitIndexes(60)', {}, { database })
}

/** A driver that loses nothing: integers are `bigint`. */
export function exactly(lane: Neo4jLane): Driver & AsyncDisposable {
  const { url, user, password } = lane
  return neo4jDriver.driver(url, neo4jDriver.auth.basic(user, password), { useBigInt: true }) as Driver &
    AsyncDisposable
}

/** Every value of every entity, with its type and identity, and the schema; a line each. */
export async function everything(driver: Driver, lane: Neo4jLane): Promise<string[]> {
  return answers(driver, lane, [
    `MATCH (n) RETURN split(elementId(n), ':')[2] AS id, labels(n) AS labels, properties(n) AS properties,
       [key IN keys(n) | key + ' ' + valueType(n[key])] AS types`,
    `MATCH (a)-[r]->(b) RETURN split(elementId(r), ':')[2] AS id, type(r) AS type, properties(r) AS properties,
       split(elementId(a), ':')[2] AS from, split(elementId(b), ':')[2] AS to`,
    'SHOW CONSTRAINTS YIELD name, type, entityType, labelsOrTypes, properties, ownedIndex, createStatement RETURN *',
    `SHOW INDEXES YIELD name, state, populationPercent, type, entityType, labelsOrTypes, properties, indexProvider, options, createStatement
       WHERE state = 'ONLINE' RETURN *`,
  ])
}

/** All records of some queries, a line each. */
export async function answers(
  driver: Driver,
  { database }: Neo4jLane,
  statements: readonly string[],
): Promise<string[]> {
  const lines: string[] = []
  for (const statement of statements) {
    const { records } = await driver.executeQuery(statement, {}, { database })
    lines.push(...records.map((record) => JSON.stringify(exact(record.toObject()))))
  }
  return lines.sort()
}

/** What its indexes find. */
export async function found(driver: Driver, { database }: Neo4jLane): Promise<unknown[]> {
  const statements = [
    "CALL db.index.fulltext.queryNodes('texts', 'run') YIELD node RETURN node.name AS found",
    "CALL db.index.fulltext.queryRelationships('notes', 'twice') YIELD relationship RETURN relationship.note AS found",
    "CALL db.index.vector.queryNodes('vectors', 2, [2.0, 1.0, 0.5]) YIELD node RETURN node.i AS found",
    'MATCH (k:Kinds) WHERE point.withinBBox(k.flat, point({x: 1, y: -3}), point({x: 2, y: 0})) RETURN k.flat.x AS found',
    "MATCH ()-[n:NEXT]->() WHERE n.note ENDS WITH '99' RETURN n.i AS found ORDER BY found",
    'OPTIONAL MATCH (s:Second {id: 2}) RETURN count(s) AS found',
  ]
  const all: unknown[] = []
  for (const statement of statements) {
    const { records } = await driver.executeQuery(statement, {}, { database })
    all.push(records.map((record) => exact(record.get('found'))))
  }
  return all
}

/** Told apart as JSON does not: integers from floats, 0 from -0, NaN from null, one class from another. */
function exact(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0.0' : `${value} as float`
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value)) return `bytes ${Buffer.from(value.buffer).toString('hex')}`
  if (Array.isArray(value)) return value.map(exact)
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return [value.constructor.name, Object.fromEntries(entries.map(([key, item]) => [key, exact(item)]))]
}
