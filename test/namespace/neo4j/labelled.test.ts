import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Driver, Session, Transaction } from 'neo4j-driver'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NamespaceMigrationOptions } from '../../../src/namespace/migrate/contract.ts'
import { labelled } from '../../../src/namespace/neo4j/labelled.ts'
import { neo4jMigration } from '../../../src/namespace/neo4j/migrate.ts'
import type { Neo4jLane } from '../../../src/services/neo4j/index.ts'
import { long } from '../../long.ts'
import { connect, laneId, type Opened, open } from '../../services/neo4j/fixture.ts'
import { plain, shared } from './data.ts'
import { fill, fingerprints, said } from './graph.ts'
import { reads, writes } from './kept-queries.ts'
import { refused } from './refused-queries.ts'

const parameters = {
  name: 'Ann',
  label: 'Test',
  props: { given: 1, name: 'Given' },
  rows: [{ name: 'Ann', x: 1 }, { name: 'Bob' }, { name: 'Zed', age: 3 }],
}

describe.skipIf(long)(`in one database with another namespace${long}`, () => {
  let opened: Opened
  let both: Neo4jLane
  let alone: Neo4jLane
  let driver: Driver
  let other: Driver

  beforeAll(async () => {
    opened = await open(process.env.ISOLANE_TEST_NEO4J ? { version: process.env.ISOLANE_TEST_NEO4J } : {})
    both = await opened.session.createLane(laneId(1))
    alone = await opened.session.createLane(laneId(2))
    driver = connect(both)
    other = connect(alone)
    await refill()
  }, 180_000)

  afterAll(async () => {
    await Promise.all([driver?.close(), other?.close()])
    await opened?.[Symbol.asyncDispose]()
  }, 60_000)

  const refill = () => Promise.all([fill(driver, both.database, shared), fill(other, alone.database, plain)])
  const answer = async (runner: Session | Transaction, query: string) => {
    try {
      return said(query, await runner.run(query, parameters))
    } catch (error) {
      return (error as { readonly code?: string }).code
    }
  }
  const answers = async (session: Session, queries: readonly string[]) => {
    const all: string[] = []
    for (const query of queries) all.push(JSON.stringify(await answer(session, query)))
    return all
  }
  const inSession = async <Value>(on: Driver, { database }: Neo4jLane, act: (session: Session) => Promise<Value>) => {
    const session = on.session({ database })
    try {
      return await act(session)
    } finally {
      await session.close()
    }
  }
  const states = () =>
    Promise.all([
      inSession(driver, both, (session) => fingerprints(session, ['Dev', 'Test'])),
      inSession(other, alone, (session) => fingerprints(session, [''])),
    ])

  test('every query says and does what it would where nothing else is, and leaves the rest alone', async () => {
    const wrong: unknown[] = []
    const [[begin, untouched], [same]] = await states()
    expect(begin).toBe(same)
    // One after the other in one session: to log in a hundred times takes longer than all that is asked.
    const read = (session: Session) => answers(session, reads)
    const [kept, expected] = await Promise.all([
      inSession(labelled(driver, 'Dev'), both, read),
      inSession(other, alone, read),
    ])
    for (const [at, query] of reads.entries()) {
      if (kept[at] !== expected[at]) wrong.push({ query, kept: kept[at], expected: expected[at] })
    }
    expect(await states()).toEqual([[begin, untouched], [begin]])

    for (const query of writes) {
      // Data of what is rolled back need not be made again; but some of it fails only when it is committed.
      const commits = /IN TRANSACTIONS|(?<!DETACH )DELETE/.test(query)
      const done = (label: string, others: readonly string[]) => async (session: Session) => {
        const runner = commits ? session : await session.beginTransaction()
        // A transaction runs a query as a session does.
        const inNamespace = labelled({ session: () => runner } as unknown as Driver, 'Dev').session()
        const says = await answer(label === '' ? runner : inNamespace, query)
        const [state, ...rest] = await fingerprints(runner, [label, ...others])
        return { outcome: JSON.stringify({ says, state }), rest }
      }
      const [kept, expected] = await Promise.all([
        inSession(driver, both, done('Dev', ['Test'])),
        inSession(other, alone, done('', [])),
      ])
      if (kept.outcome !== expected.outcome || kept.rest[0] !== untouched) wrong.push({ query, kept, expected })
      if (commits) await refill()
    }
    expect(await states()).toEqual([[begin, untouched], [begin]])
    expect(wrong).toEqual([])
  }, 180_000)

  test('a refused query is not sent', async () => {
    await using session = labelled(driver, 'Dev').session({ database: both.database }) as ReturnType<
      Driver['session']
    > &
      AsyncDisposable
    for (const [query] of refused) {
      expect(() => session.run(query, parameters), query).toThrow(/ISOLANE_QUERY_REFUSED/)
    }
    await expect(
      labelled(driver, 'Dev').executeQuery('CALL db.labels()', {}, { database: both.database }),
    ).rejects.toThrow(/ISOLANE_QUERY_REFUSED/)
  })

  test('every way to run a query is labelled', async () => {
    const dev = labelled(driver, 'Dev')
    const { database } = both
    const query = 'MATCH (n:Person {name: $name}) RETURN n, labels(n) AS labels, {list: [n]} AS map'
    const values = { name: 'Ann' }
    const check = (records: readonly { get(key: string): unknown }[]) => {
      expect(records).toHaveLength(1)
      expect(records[0]?.get('n')).toMatchObject({ labels: ['Person'], properties: { age: 31 } })
      expect(records[0]?.get('labels')).toEqual(['Person'])
      expect(records[0]?.get('map')).toMatchObject({ list: [{ labels: ['Person'] }] })
    }
    await dev.verifyConnectivity({ database })
    check((await dev.executeQuery(query, values, { database })).records)
    const transformed = await dev.executeQuery(query, values, {
      database,
      resultTransformer: async (result) => (await result).records,
    })
    check(transformed)
    const session = dev.session({ database })
    check((await session.run(query, values)).records)
    check((await session.run({ text: query, parameters: values })).records)
    check(await session.executeRead(async (transaction) => (await transaction.run(query, values)).records))
    check(await session.executeWrite(async (transaction) => (await transaction.run(query, values)).records))
    const iterated = []
    for await (const record of session.run(query, values)) iterated.push(record)
    check(iterated)
    const result = session.run(query, values)
    expect(await result.keys()).toEqual(['n', 'labels', 'map'])
    expect((await result.summary()).query.text).toContain('`Dev`')
    const subscribed = await new Promise<Parameters<typeof check>[0]>((resolve, reject) => {
      const records: Parameters<typeof check>[0][number][] = []
      session.run(query, values).subscribe({
        onNext: (record) => void records.push(record),
        onCompleted: () => resolve(records),
        onError: reject,
      })
    })
    check(subscribed)
    const transaction = await session.beginTransaction()
    check((await transaction.run(query, values)).records)
    await transaction.run('CREATE (:Person {name: "Given up"})')
    await transaction.rollback()
    const promised = session.beginTransaction()
    check((await promised.run(query, values)).records)
    await promised.commit()
    expect(session.lastBookmarks()).not.toEqual([])
    expect((await session.run('MATCH (n {name: "Given up"}) RETURN n')).records).toEqual([])
    await session.close()
    expect(() => dev.rxSession()).toThrow(/labelled driver has no rxSession.*QUERY_REFUSED/)
  })

  test('existing nodes get the label, also after a kill, by two at once, and lose it again', async () => {
    const { database, url: uri, user: username, password } = alone
    const rows = async (query: string) =>
      (await other.executeQuery(query, {}, { database })).records.map((record) => record.toObject())
    await fill(other, database, [
      'MATCH (n) DETACH DELETE n',
      'UNWIND range(1, 3000) AS i CREATE (:Item {i: i}), ({i: -i})',
      'UNWIND range(1, 7) AS i CREATE (:Item:Test {i: i})',
    ])
    const settings: NamespaceMigrationOptions = {
      undo: false,
      batch: 100,
      signal: new AbortController().signal,
      progress: () => {},
    }
    await using migration = await neo4jMigration({ uri, username, password, database, label: 'Dev' })
    expect(migration.target).toBe(`Neo4j database ${database} at ${uri}`)
    expect(await migration.plan(settings)).toEqual({
      toChange: 6000,
      done: 0,
      collided: 0,
      examples: ['3000 of no label get :Dev', '3000 of :Item get :Dev'],
      collisions: [],
      elsewhere: 7,
      elsewhereOf: ['7 of :Item:Test'],
    })
    expect(await rows('MATCH (n:Dev) RETURN n')).toEqual([])

    const program = spawn(process.execPath, [join(import.meta.dirname, 'migrate-program.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    program.stdin.end(JSON.stringify({ uri, username, password, database, label: 'Dev' }))
    await once(program.stdout, 'data')
    program.kill('SIGKILL')
    await once(program, 'close')
    const [killed] = await rows('MATCH (n:Dev) RETURN count(n) AS count')
    expect(killed?.count).toBeGreaterThan(0)
    expect(killed?.count).toBeLessThan(6000)

    const stopping = new AbortController()
    const stopped = migration.run({ ...settings, signal: stopping.signal, progress: () => stopping.abort('enough') })
    await expect(stopped).rejects.toBe('enough')

    const outcomes = await Promise.all([migration.run(settings), migration.run(settings)])
    expect(outcomes[0].changed + outcomes[1].changed).toBeGreaterThan(0)
    expect(outcomes).toEqual([expect.objectContaining({ elsewhere: 7 }), expect.objectContaining({ elsewhere: 7 })])
    expect(await migration.run(settings)).toMatchObject({ changed: 0, done: 6000, elsewhere: 7 })
    expect(await rows('MATCH (n:Dev&!Test) RETURN count(n) AS count')).toEqual([{ count: 6000 }])
    expect((await labelled(other, 'Dev').executeQuery('MATCH (n) RETURN n', {}, { database })).records).toHaveLength(
      6000,
    )

    const undo = { ...settings, undo: true, batch: 1000 }
    expect(await migration.plan(undo)).toMatchObject({ toChange: 6000, done: 7, elsewhere: 0 })
    expect(await migration.run(undo)).toMatchObject({ changed: 6000, done: 7 })
    expect(await rows('MATCH (n:Dev) RETURN n')).toEqual([])
    await expect(neo4jMigration({ uri, username, password: 'another', database, label: 'Dev' })).rejects.toThrow(
      /can't be used.*SERVER_UNREACHABLE/,
    )
  }, 60_000)
})

test('a label that would need quoting is refused, and an address that is none', async () => {
  for (const label of ['', 'a b', 'Dev`', '1', 'Dév']) {
    expect(() => labelled({} as Driver, label), label).toThrow(/OPTION_INVALID/)
    await expect(neo4jMigration({ uri: 'bolt://localhost', label })).rejects.toThrow(/OPTION_INVALID/)
  }
  for (const uri of ['localhost:7687', 'http://me:secret@host', 'bolt://me:secret@:x']) {
    const error = await neo4jMigration({ uri, label: 'Dev' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ISOLANE_OPTION_INVALID', message: expect.not.stringContaining('secret') })
  }
})
