import { expect, test } from 'vitest'
import { plainPlan } from '../../../src/services/neo4j/plain-plan.ts'
import { queries } from '../../../src/services/neo4j/queries.ts'
import { long } from '../../long.ts'
import { connect, count, laneId, open, query } from './fixture.ts'

test('a file is split into queries', () => {
  const text = "// first\nMATCH (n) RETURN ';' AS text;\n:begin\nRETURN 1;\n"
  expect(queries.split(text)).toEqual(["MATCH (n) RETURN ';' AS text", 'RETURN 1'])
  expect(() => queries.split(':param x => 1')).toThrow(/A file of queries has the cypher-shell command.*OPTION_INVALID/)
})

test('equal plans are equal texts', () => {
  const plan = (database: string, number: number) => ({
    operatorType: `ProduceResults@${database}`,
    arguments: { Details: 'n,  count', EstimatedRows: number, 'planner-impl': 'IDP', Id: number },
    children: [
      { operatorType: `CartesianProduct@${database}`, arguments: {}, children: [] },
      { operatorType: `Expand(All)@${database}`, arguments: { Details: `(n)-[anon_${number}]->(m)` }, children: [] },
    ],
  })
  expect(plainPlan(plan('neo4j', 1))).toBe(
    ['ProduceResults n, count', '  CartesianProduct', '  Expand(All) (n)-[anon]->(m)'].join('\n'),
  )
  expect(plainPlan(plan('neo4j', 1))).toBe(plainPlan(plan('other', 22)))
})

test.skipIf(long)(
  `queries are planned and timed on a lane, which stays as it is${long}`,
  { timeout: 120_000 },
  async () => {
    await using opened = await open()
    const lane = await opened.session.createLane(laneId(1))
    await using driver = connect(lane)
    await query(driver, lane, 'UNWIND range(1, 500) AS i CREATE (:Person {i: i})-[:KNOWS]->(:Person {i: -i})')
    await using session = await queries.open(lane)
    const text = 'MATCH (p:Person {i: 7})-[:KNOWS]->(q) RETURN q.i'
    const scan = await session.plan(text)
    expect(scan).toMatch(/^ProduceResults `q.i`\n[\s\S]*RelationshipTypeScan/)
    await query(driver, lane, 'CREATE INDEX FOR (p:Person) ON (p.i)')
    await query(driver, lane, 'CALL db.awaitIndexes(60)')
    expect(await session.plan(text)).toMatch(/NodeIndexSeek/)
    expect(await session.plan('MATCH (n) DETACH DELETE n')).toMatch(/DetachDelete/)
    expect(await session.time(text)).toBeGreaterThan(0)
    await session.time('MATCH (n) DETACH DELETE n')
    await session.time('CREATE (:More)')
    await expect(session.time('RETURN 1 / 0')).rejects.toThrow(/by zero/)
    await expect(session.plan('MATCH (')).rejects.toThrow(/Invalid input/)
    await expect(session.time('RETURN $x')).rejects.toThrow(/parameter/i)
    expect(await session.time('RETURN 1')).toBeGreaterThan(0)
    expect(await count(driver, lane)).toBe(1000)
  },
)
