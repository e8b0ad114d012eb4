/** Lanes of Neo4j 4.4, in local processes, and of 5.26 that begin with what those have saved. */
import type { Driver } from 'neo4j-driver'
import { expect, test } from 'vitest'
import { allJavas } from '../../../../src/runtimes/native/index.ts'
import type { Neo4jLane } from '../../../../src/services/neo4j/index.ts'
import { schemaDifference } from '../../../../src/services/neo4j/snapshots/schema-lines.ts'
import { long } from '../../../long.ts'
import { connect, count, laneId, type Opened, open, query } from '../fixture.ts'
import { answers, exactly, fill } from './hard-data.ts'
import { load, save } from './saved.ts'

const has17 = (await allJavas()).some(({ major }) => major === 17)
const id = laneId(1)

const schema = [
  'CREATE CONSTRAINT second_id FOR (s:Second) REQUIRE s.id IS UNIQUE',
  'CREATE INDEX many_i FOR (m:Many) ON (m.i, m.j)',
  "CREATE BTREE INDEX kinds_name FOR (k:Kinds) ON (k.name) OPTIONS {indexProvider: 'lucene+native-3.0'}",
  'CREATE BTREE INDEX next_at FOR ()-[n:NEXT]-() ON (n.at)',
  'CREATE RANGE INDEX next_i FOR ()-[n:NEXT]-() ON (n.i)',
  'CREATE TEXT INDEX text_of FOR ()-[n:NEXT]-() ON (n.note)',
  "CREATE FULLTEXT INDEX texts FOR (k:Kinds|Second) ON EACH [k.text, k.name] OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}}",
  'CREATE FULLTEXT INDEX notes FOR ()-[n:NEXT|SELF]-() ON EACH [n.note]',
]

/** In words that both versions know: every entity with its number and values, what indexes find, and which there are. */
const questions = [
  'MATCH (n) RETURN id(n) AS id, labels(n) AS labels, properties(n) AS properties',
  'MATCH (a)-[r]->(b) RETURN id(r) AS id, type(r) AS type, properties(r) AS properties, id(a) AS from, id(b) AS to',
  "CALL db.index.fulltext.queryNodes('texts', 'run') YIELD node RETURN node.name AS text",
  "CALL db.index.fulltext.queryRelationships('notes', 'twice') YIELD relationship RETURN relationship.note AS text",
  'SHOW INDEXES YIELD name, state, populationPercent, entityType, labelsOrTypes, properties RETURN *',
]

const look = (driver: Driver, lane: Neo4jLane) => answers(driver, lane, questions)

const typesOf = (driver: Driver, lane: Neo4jLane) =>
  answers(driver, lane, ["SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name + ' ' + type AS index"])

async function resets({ session }: Opened, lane: Neo4jLane, other: Neo4jLane): Promise<void> {
  await using driver = connect(lane)
  await using neighbour = connect(other)
  await query(neighbour, other, 'CREATE (:Mine)')
  const written = async (text: string, database = lane.database) => {
    await query(driver, { ...lane, database }, text)
    const how = await session.reset(id, { connections: 'keep' })
    expect(await count(driver, lane)).toBe(0)
    return how
  }
  expect(await written('RETURN 1')).toBe('NOTHING')
  expect(await written('CREATE (:A)-[:R]->(:B)')).toBe('DELETED')
  expect(await written('UNWIND range(1, 9000) AS i CREATE (:A {i: i})')).toBe('CLONED')
  expect(await written('CREATE CONSTRAINT c FOR (a:A) REQUIRE a.i IS UNIQUE')).toBe('CLONED')
  expect(await query(driver, lane, 'SHOW CONSTRAINTS')).toEqual([])
  expect(await written('CREATE FULLTEXT INDEX t FOR (a:A) ON EACH [a.text]')).toBe('CLONED')
  expect(await written("CREATE USER mallory SET PASSWORD 'mallory-1'", 'system')).toBe('REPLACED')
  expect(await count(neighbour, other)).toBe(1)
}

test.skipIf(Boolean(long) || !has17)(
  `Neo4j 4.4 (needs Java 17): lanes, resets, snapshots; and every value comes to 5.26${long}`,
  { timeout: 600_000 },
  async () => {
    await using old = await open({ version: '4.4' })
    expect(old.session.version).toMatch(/^4\.4\.\d+$/)
    const [lane, other] = [await old.session.createLane(id), await old.session.createLane(laneId(2))]
    await resets(old, lane, other)

    await using driver = exactly(lane)
    await fill(driver, lane, schema)
    const before = await look(driver, lane)
    expect((await typesOf(driver, lane)).join()).toMatch(/many_i BTREE/)
    using saved = await save(old.session.snapshots, id)
    await query(driver, lane, 'MATCH (n) DETACH DELETE n')
    await load(old.session.snapshots, id, saved)
    expect(await look(driver, lane)).toEqual(before)
    expect(await old.session.snapshots.describe(id)).toEqual(saved.summary)

    const start = { files: saved.reader(), saved: saved.summary }
    await using opened = await open({ version: '5.26' }, { start })
    expect(opened.session.version).toMatch(/^5\.26\./)
    const upgraded = await opened.session.createLane(id)
    await using reader = exactly(upgraded)
    expect(await look(reader, upgraded)).toEqual(before)
    expect((await typesOf(reader, upgraded)).join()).not.toMatch(/BTREE/)
    const { counts, digests } = await opened.session.snapshots.describe(id)
    expect({ counts, digests }).toEqual({ counts: saved.summary.counts, digests: saved.summary.digests })

    await query(reader, upgraded, 'MATCH (k:Kinds) DETACH DELETE k')
    expect(await opened.session.reset(id, { connections: 'keep' })).toBe('CLONED')
    expect(await look(reader, upgraded)).toEqual(before)
    using newer = await save(opened.session.snapshots, id)
    expect(await schemaDifference(start, { files: newer.reader(), saved: newer.summary })).toEqual([])
    await query(reader, upgraded, 'DROP INDEX many_i')
    using fewer = await save(opened.session.snapshots, id)
    expect(await schemaDifference(start, { files: fewer.reader(), saved: fewer.summary })).toEqual([
      '- index many_i RANGE nodes (Many) (i, j) range-1.0',
    ])

    const back = old.session.snapshots.prepareFrom(
      { fingerprint: 'back', cacheable: false },
      {
        files: newer.reader(),
        saved: newer.summary,
      },
    )
    await expect(back).rejects.toThrow(/snapshot is of Neo4j 5\.26.*can't go back.*SNAPSHOT_REFUSED/s)
  },
)
