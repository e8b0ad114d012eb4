import type { Session } from 'neo4j-driver'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Neo4jLane } from '../../../src/services/neo4j/index.ts'
import { longMatrix } from '../../long.ts'
import { connect, count, laneId, type Opened, open, query } from './fixture.ts'

const lane = laneId(1)

/** Schema as text, for comparing. */
async function schemaOf(driver: ReturnType<typeof connect>, endpoint: Neo4jLane): Promise<unknown[]> {
  return [
    ...(await query(driver, endpoint, 'SHOW CONSTRAINTS YIELD name, type, properties')),
    ...(await query(driver, endpoint, 'SHOW INDEXES YIELD name, type, properties')),
  ].map((row) => JSON.stringify(row))
}

/** Opens a transaction with an uncommitted write, as a test that forgot it. */
async function leaveOpen(session: Session) {
  const transaction = session.beginTransaction()
  await transaction.run("CREATE (:Forgotten) WITH 1 AS one MATCH (p:Person) SET p.touched = 'yes'")
  return transaction
}

const templates = [
  { name: 'an empty template', seedStep: undefined },
  { name: 'a seeded template', seedStep: { run: async ({ lane }: { lane: Neo4jLane }) => seed(lane), inputs: [] } },
]

for (const { value, why } of longMatrix(templates.toReversed())) {
  describe.skipIf(why)(`${value.name}${why}`, () => resets(value.seedStep))
}

function resets(seedStep: (typeof templates)[number]['seedStep']): void {
  let opened: Opened
  let endpoint: Neo4jLane
  let driver: ReturnType<typeof connect>
  let schema: unknown[]
  const clean = seedStep ? 2 : 0

  beforeAll(async () => {
    const schemaStep = { run: ({ lane }: { lane: Neo4jLane }) => migrate(lane), inputs: [] }
    opened = await open({ migrations: schemaStep, ...(seedStep ? { seed: seedStep } : {}) })
    endpoint = await opened.session.createLane(lane)
    driver = connect(endpoint)
    schema = await schemaOf(driver, endpoint)
  })

  afterAll(async () => {
    await driver?.close()
    await opened?.[Symbol.asyncDispose]()
  })

  async function resetAndCheck(connections: 'keep' | 'close' = 'keep') {
    const how = await opened.session.reset(lane, { connections })
    expect(await count(driver, endpoint)).toBe(clean)
    expect(await count(driver, endpoint, '()-[r]->()')).toBe(clean / 2)
    expect(await schemaOf(driver, endpoint)).toEqual(schema)
    return how
  }

  test('nothing written: nothing done', async () => {
    await resetAndCheck()
    await query(driver, endpoint, 'MATCH (n) RETURN n')
    expect(await resetAndCheck()).toBe('NOTHING')
  })

  test('nodes and relationships', async () => {
    await query(driver, endpoint, 'UNWIND range(1, 300) AS i CREATE (:Person {id: -i})-[:KNOWS]->(:Other {i: i})')
    const how = await resetAndCheck()
    expect(how, await opened.instance.logs()).toBe(seedStep ? 'CLONED' : 'DELETED')
  })

  test('a large graph', async () => {
    await query(driver, endpoint, 'UNWIND range(1, 20000) AS i CREATE (:Other {i: i})')
    expect(await resetAndCheck()).toBe('CLONED')
  })

  test('a constraint dropped, another made, an index made', async () => {
    await query(driver, endpoint, 'DROP CONSTRAINT person_id')
    await query(driver, endpoint, 'CREATE CONSTRAINT other_i FOR (o:Other) REQUIRE o.i IS UNIQUE')
    await query(driver, endpoint, 'CREATE INDEX other_name FOR (o:Other) ON (o.name)')
    expect(await resetAndCheck()).toBe('CLONED')
  })

  test('an index made and dropped again', async () => {
    await query(driver, endpoint, 'CREATE TEXT INDEX passing FOR (o:Other) ON (o.name)')
    await query(driver, endpoint, 'DROP INDEX passing')
    await resetAndCheck()
  })

  test('a user made by a test is gone, and the password is as it was', async () => {
    await query(driver, endpoint, "CREATE USER mallory SET PASSWORD 'mallory-1' CHANGE NOT REQUIRED")
    await query(driver, endpoint, `ALTER USER neo4j SET PASSWORD 'another-1'`)
    expect(await opened.session.reset(lane, { connections: 'close' })).toBe('REPLACED')
    await driver.close()
    driver = connect(endpoint)
    expect(await resetAndCheck()).toBe('NOTHING')
    expect(await query(driver, endpoint, 'SHOW USERS YIELD user')).toEqual([{ user: 'neo4j' }])
  })

  test.each(['keep', 'close'] as const)('a transaction left open, connections: %s', async (connections) => {
    const session = driver.session({ database: endpoint.database })
    const transaction = await leaveOpen(session)
    const begun = performance.now()
    await resetAndCheck(connections)
    expect(performance.now() - begun).toBeLessThan(5_000)
    const outcome = await transaction.commit().then(
      () => 'committed',
      () => 'refused',
    )
    // A driver whose connection was closed may call it a success: it says COMMIT into the void.
    if (connections === 'keep') expect(outcome).toBe('refused')
    await session.close().catch(() => {})
    await using fresh = connect(endpoint)
    expect(await count(fresh, endpoint, '(n:Forgotten)')).toBe(0)
  })

  test('a long query is ended', async () => {
    const query = 'UNWIND range(1, 2000000000) AS i WITH i WHERE i % 2 = 3 CREATE (:Never {i: i})'
    const session = driver.session({ database: endpoint.database })
    const running = session.run(query).then(
      () => 'ran to its end',
      () => 'ended',
    )
    await expect.poll(() => transactions(driver, endpoint)).toBe(2)
    await resetAndCheck()
    expect(await running).toBe('ended')
    await session.close()
  })

  test('a driver goes on using its connections, with bookmarks, through resets of every kind', async () => {
    const session = driver.session({ database: endpoint.database })
    for (const nodes of [1, 3000, 1, 3000]) {
      await session.executeWrite((tx) => tx.run(`UNWIND range(1, ${nodes}) AS i CREATE (:Other {i: i})`))
      await resetAndCheck()
      const found = await session.executeRead((tx) => tx.run('MATCH (n:Other) RETURN count(n) AS n'))
      expect(found.records[0]?.get('n')).toBe(0)
    }
    await session.close()
  })

  test('two resets of one lane at once do not trip over each other', async () => {
    await query(driver, endpoint, 'CREATE (:Other)')
    await Promise.all([1, 2, 3].map(() => opened.session.reset(lane, { connections: 'keep' })))
    await resetAndCheck()
  })
}

async function migrate(endpoint: Neo4jLane): Promise<void> {
  await using driver = connect(endpoint)
  await query(driver, endpoint, 'CREATE CONSTRAINT person_id FOR (p:Person) REQUIRE p.id IS UNIQUE')
  await query(driver, endpoint, 'CREATE FULLTEXT INDEX names FOR (p:Person) ON EACH [p.name]')
  await query(driver, endpoint, 'CREATE POINT INDEX places FOR (p:Person) ON (p.place)')
}

async function seed(endpoint: Neo4jLane): Promise<void> {
  await using driver = connect(endpoint)
  await query(driver, endpoint, "CREATE (:Person {id: 1, name: 'Ada'})-[:KNOWS]->(:Person {id: 2, name: 'Grace'})")
}

async function transactions(driver: ReturnType<typeof connect>, endpoint: Neo4jLane): Promise<number> {
  return (await query(driver, endpoint, 'SHOW TRANSACTIONS')).length
}

test('seeds come back exactly, whatever was done to them', async () => {
  await using opened = await open(
    { seed: { run: ({ lane }) => seed(lane), inputs: ['./'] } },
    { root: import.meta.dirname },
  )
  const endpoint = await opened.session.createLane(lane)
  await using driver = connect(endpoint)
  const everything = () =>
    query(
      driver,
      endpoint,
      'MATCH (a)-[k]->(b) RETURN elementId(a) AS a, properties(a) AS ap, labels(a) AS al, elementId(k) AS k, type(k) AS t, elementId(b) AS b, properties(b) AS bp',
    )
  const before = await everything()
  for (const damage of [
    "MATCH (p {id: 1}) SET p.name = 'Eve', p:Stranger REMOVE p.id",
    'MATCH (p) DETACH DELETE p',
    'MATCH ()-[k]->() DELETE k',
    "MATCH (p) DETACH DELETE p CREATE (:Person {id: 1, name: 'Ada'})-[:KNOWS]->(:Person {id: 2, name: 'Grace'})",
  ]) {
    await query(driver, endpoint, damage)
    expect(await opened.session.reset(lane, { connections: 'keep' })).toBe('CLONED')
    expect(await everything()).toEqual(before)
  }
})
