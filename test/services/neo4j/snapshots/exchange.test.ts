/** What clients ask right after a lane's database was exchanged is answered from what is there now. */
import { expect, test } from 'vitest'
import type { LaneMark } from '../../../../src/core/contracts.ts'
import { allJavas } from '../../../../src/runtimes/native/index.ts'
import { long } from '../../../long.ts'
import { connect, laneId, open, query } from '../fixture.ts'
import { load, type Saved, save } from './saved.ts'

const id = laneId(1)
const newest = Math.max(0, ...(await allJavas()).map(({ major }) => major))
const versions = newest < 21 ? ['5.26'] : ['5.26', '2026']

/** Labels, types and property names have other numbers in each, and some of them lack what others have. */
const graphs = [
  [],
  ["CREATE (:Person {name: 'Ada'})-[:KNOWS]->(:Person {name: 'Grace'})"],
  [
    'CREATE CONSTRAINT other_id FOR (o:Other) REQUIRE o.id IS UNIQUE',
    'CREATE INDEX person_name FOR (p:Person) ON (p.name)',
    'UNWIND range(1, 300) AS i CREATE (:Other {id: i, age: i})-[:LIKES {since: i}]->(:City {title: i})',
    "CREATE (:Third:Person {alias: 'x', name: 'Ada'})-[:HATES]->(:Person {name: 'Bob'})",
    "CREATE (:Person {name: 'Eve'})-[:KNOWS]->(:Person {name: 'Zoe'})",
  ],
  [
    'CREATE (:KNOWS {Person: 1})-[:Person]->(:name {KNOWS: 2})',
    "CREATE (a:Person {x: 1, name: 'Zed'})-[:LIKES]->(b:Person {name: 'Ada'})-[:KNOWS]->(a)",
    'CREATE CONSTRAINT person_name FOR (p:Person) REQUIRE p.name IS UNIQUE',
  ],
]

/** By label, by type, by index, by constraint, by counts that are kept, and by looking at everything. */
const questions = [
  'MATCH (a:Person)-[:KNOWS]->(b:Person) RETURN a.name AS a, b.name AS b ORDER BY a, b',
  "MATCH (a:Person {name: 'Ada'}) RETURN labels(a) AS labels, properties(a) AS properties",
  "MATCH (p:Person) WHERE p.name STARTS WITH 'A' RETURN p.name AS name",
  'MATCH (o:Other {id: 7})-[:LIKES]->(c) RETURN c.title AS title',
  'MATCH (o:Other) RETURN count(o) AS count',
  'MATCH ()-[r:LIKES]->() RETURN count(r) AS count',
  'MATCH (a) WHERE a.x IS NOT NULL RETURN a.x AS x',
  'MATCH (a)-[r]->(b) RETURN type(r) AS type, count(*) AS count ORDER BY type',
]

for (const version of versions) {
  test.skipIf(long)(
    `Neo4j ${version}: clients that stay connected never get an answer of the graph before${long}`,
    { timeout: 300_000 },
    async () => {
      await using opened = await open({ version })
      const { session } = opened
      const lane = await session.createLane(id)
      await using driver = connect(lane)
      // All at once, so that it keeps as many connections open; what it asks is planned and known from the first time on.
      const ask = () => Promise.all(questions.map((text) => query(driver, lane, text)))

      const states: { readonly answers: unknown; readonly mark: LaneMark; readonly saved: Saved }[] = []
      await using stack = new AsyncDisposableStack()
      for (const statements of graphs) {
        await session.reset(id, { connections: 'keep' })
        for (const statement of statements) await query(driver, lane, statement)
        const mark = stack.use(await session.snapshots.mark(id))
        const saved = stack.use(await save(session.snapshots, id))
        states.push({ answers: await ask(), mark, saved })
      }
      expect(new Set(states.map(({ answers }) => JSON.stringify(answers))).size).toBe(graphs.length)
      const [empty] = states

      for (const from of states) {
        for (const to of states.filter((each) => each !== from)) {
          await from.mark.restore()
          expect(await ask()).toEqual(from.answers)
          // What is added takes the place of nothing, and is gone with the exchange.
          await query(driver, lane, "CREATE (:Person {name: 'Added'})-[:KNOWS]->(:Added {more: true})")
          expect(await query(driver, lane, 'MATCH (a:Added) RETURN a.more AS more')).toEqual([{ more: true }])
          await query(driver, lane, 'MATCH (a {name: "Added"})-[r]->(b) DELETE a, r, b')
          expect(await ask()).toEqual(from.answers)
          await load(session.snapshots, id, to.saved)
          expect(await ask()).toEqual(to.answers)
          await session.reset(id, { connections: 'keep' })
          expect(await ask()).toEqual(empty?.answers)
        }
      }
    },
  )
}
