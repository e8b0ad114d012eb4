import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { lanePassword } from '../../../src/services/neo4j/secrets.ts'
import { long } from '../../long.ts'
import { connect, count, laneId, type Opened, open, openOn, query } from './fixture.ts'

let root: string
/** For what fails: a failure leaves it as it was. */
let host: Opened

beforeAll(async () => {
  host = await open()
})

afterAll(() => host?.[Symbol.asyncDispose]())

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'isolane-neo4j-graph-'))
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(name: string, text: string): void {
  writeFileSync(join(root, name), text)
}

test('files run in the order of their numbers, then the seed; a second run finds the template made', async () => {
  write(
    '2_graph.cypher',
    "CREATE (:Step {n: 2}); MATCH (s:Step) WITH count(s) AS n CREATE (:Seen {n: n, text: 'a;b'});\n",
  )
  write('1_schema.cypher', 'CREATE CONSTRAINT step FOR (s:Step) REQUIRE s.n IS UNIQUE; // first\n')
  write('10_late.cypher', 'UNWIND [1] AS x CALL (x) { CREATE (:Step {n: 10}) } IN TRANSACTIONS OF 1 ROW;\n')
  write('notes.txt', 'not Cypher')
  const unique = `// ${Math.random()}\n`
  write('seed.cql', `${unique}MATCH (s:Step) SET s.seeded = true`)
  const options = { migrations: './', seed: './seed.cql' }
  const check = async (password: string) => {
    await using opened = await open(options, { root, password })
    const lane = await opened.session.createLane(laneId(1))
    expect(lane.password).toBe(lanePassword(password))
    await using driver = connect(lane)
    expect(await query(driver, lane, 'MATCH (s:Step) RETURN s.n AS n, s.seeded AS seeded ORDER BY n')).toEqual([
      { n: 2, seeded: true },
      { n: 10, seeded: true },
    ])
    expect(await count(driver, lane, "(s:Seen {n: 1, text: 'a;b'})")).toBe(1)
    return opened.instance.startedFrom
  }
  expect(await check('first-password')).toBeUndefined()
  // From the template that was kept, which knows only the first stack's password.
  expect(await check('second-password')).toMatch(/^[0-9a-f]{64}$/)
})

test.each([
  ['a syntax error', 'CREATE (a);\n\nMATCH (n)\nRETURM n;\n', 4, /Neo\.ClientError\.Statement\.SyntaxError/],
  [
    'a failing statement',
    'CREATE (a);\n// here\nRETURN\n  1 / 0;',
    3,
    /Neo\.ClientError\.Statement\.ArithmeticError[\s\S]*/,
  ],
  [
    'a constraint violated',
    'CREATE CONSTRAINT c FOR (p:P) REQUIRE p.id IS UNIQUE;\nCREATE (:P {id: 1});\nCREATE (:P {id: 1});',
    3,
    /Neo\.ClientError\.Schema\.ConstraintValidationFailed/,
  ],
])('%s names the file, the line and what the server said', async (_, text, line, said) => {
  write('001.cypher', text)
  const opening = openOn(host, { migrations: './001.cypher' }, root)
  await expect(opening).rejects.toThrow(`${join(root, '001.cypher')}:${line} failed: `)
  await expect(opening).rejects.toThrow(said)
  await expect(opening).rejects.toMatchObject({ code: 'ISOLANE_MIGRATION_FAILED' })
})

test('a cypher-shell command names its line, and the way out', async () => {
  write('001.cypher', 'RETURN 1;\n:param x => 1\n')
  await expect(openOn(host, { migrations: './001.cypher' }, root)).rejects.toThrow(
    /001\.cypher:2 has the cypher-shell command `:param x => 1`: remove it/,
  )
})

test('a failed seed leaves a host that can be prepared again', async () => {
  const seed = () => {
    throw new Error('no rain')
  }
  await expect(openOn(host, { seed }, root)).rejects.toThrow(/seed function of graph threw: no rain.*SEED_FAILED/)
  write('001.cypher', 'RETURN 1')
  await using session = await openOn(host, { migrations: './001.cypher' }, root)
  write('001.cypher', 'CREATE (:Newer)')
  const lane = await session.createLane(laneId(1))
  await using driver = connect(lane)
  expect(await count(driver, lane)).toBe(0)
  // A template prepared later reaches lanes that are there with their next reset.
  await session.prepare({ fingerprint: 'f'.repeat(64), cacheable: false })
  expect(await session.reset(laneId(1), { connections: 'keep' })).toBe('REPLACED')
  expect(await count(driver, lane, '(:Newer)')).toBe(1)
})

test.skipIf(long)(`a command gets the template in its environment${long}`, async () => {
  const driver = import.meta.resolve('neo4j-driver')
  write(
    'migrate.mjs',
    `import neo4j from ${JSON.stringify(driver)}
     const { NEO4J_URI, NEO4J_USERNAME, NEO4J_PASSWORD, NEO4J_DATABASE } = process.env
     const driver = neo4j.driver(NEO4J_URI, neo4j.auth.basic(NEO4J_USERNAME, NEO4J_PASSWORD))
     await driver.executeQuery('CREATE (:ByCommand)', {}, { database: NEO4J_DATABASE })
     await driver.close()`,
  )
  await using opened = await open({ migrations: { command: 'node migrate.mjs' } }, { root })
  const lane = await opened.session.createLane(laneId(1))
  await using client = connect(lane)
  expect(await count(client, lane, '(:ByCommand)')).toBe(1)
})

test('a plugins folder that is not there is an error before anything starts', async () => {
  await expect(open({ plugins: './nowhere' }, { root })).rejects.toThrow(/plugins folder .*nowhere can't be read/)
})
