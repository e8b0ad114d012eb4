import { expect, test } from 'vitest'
import type { Neo4jLane, Neo4jOptions } from '../../../../src/services/neo4j/index.ts'
import { connect, laneId, query } from '../fixture.ts'
import type { Attached } from './fixture.ts'
import { damages, everything, migrate, seed } from './hard-graph.ts'
import { otherProcess } from './other-process.ts'

/** A server with many databases, as these tests need it. */
export interface ManyDatabases {
  attach(options: Neo4jOptions): Promise<Attached>
  /** Where a lane is to be reached. */
  reach(lane: Neo4jLane): Neo4jLane
  /** The names of its databases. */
  names(): Promise<readonly string[]>
  /** Makes a database behind Isolane's back, unless it is there. */
  make(database: string): Promise<unknown>
  drop(database: string): Promise<unknown>
  /** The server with Isolane's records, credentials included. */
  recordsUrl(): string
}

/** What servers with many databases do besides the service contract. */
export function manyDatabases(server: ManyDatabases): void {
  const timeout = 180_000

  test('each lane begins as the template, and a reset brings it back whatever was done', { timeout }, async () => {
    const inOne =
      (step: typeof seed) =>
      ({ lane }: { lane: Neo4jLane }) =>
        step({ lane: server.reach(lane) })
    await using attached = await server.attach({ migrations: inOne(migrate), seed: inOne(seed) })
    const lanes = await Promise.all([1, 2].map((number) => attached.session.createLane(laneId(number))))
    const [one, two] = lanes.map((lane) => server.reach(lane))
    if (!one || !two) throw new Error('no lanes')
    const template = await everything(one)
    expect(await everything(two)).toEqual(template)
    await using driver = connect(one)
    for (const damage of damages) await query(driver, one, damage)
    await attached.session.resetLane(laneId(1), { connections: 'close' })
    expect(await everything(one)).toEqual(template)
    expect(await everything(two)).toEqual(template)
  })

  test('two runs at once share the server and nothing else; each cleans up after itself', { timeout }, async () => {
    const [first, second] = await Promise.all([1, 2].map(() => server.attach({})))
    if (!first || !second) throw new Error('no sessions')
    const [one, two] = await Promise.all([first, second].map(({ session }) => session.createLane(laneId(1))))
    if (!one || !two) throw new Error('no lanes')
    expect(one.database).not.toBe(two.database)
    await first[Symbol.asyncDispose]()
    const left = server.reach(two)
    await using driver = connect(left)
    expect(await query(driver, left, 'RETURN 1 AS one')).toEqual([{ one: 1 }])
    expect(await server.names()).not.toContain(one.database)
    await second[Symbol.asyncDispose]()
    expect(await server.names()).not.toContain(two.database)
  })

  test('what a killed run was making is dropped by the next, and nothing else', { timeout }, async () => {
    await using _living = await server.attach({})
    await server.make('isolane-shop')
    await using killed = await owner(server)
    await using alive = await owner(server)
    for (const { database } of [killed, alive]) await server.make(database)
    await killed.kill()
    await using attached = await server.attach({})
    expect(attached.reports.map(({ text }) => text)).toContainEqual(expect.stringMatching(`: ${killed.database}$`))
    const names = await server.names()
    expect(names).not.toContain(killed.database)
    expect(names).toEqual(expect.arrayContaining(['isolane-shop', alive.database]))
    await alive.kill()
    await using _last = await server.attach({})
    expect(await server.names()).not.toContain(alive.database)
    await server.drop('isolane-shop')
  })

  test('a run on another machine is left alone until its time is up', { timeout }, async () => {
    await using elsewhere = await owner(server, 'another machine')
    await server.make(elsewhere.database)
    {
      await using attached = await server.attach({})
      expect(attached.reports.map(({ text }) => text)).not.toContainEqual(expect.stringContaining(elsewhere.database))
    }
    await elsewhere.kill()
    await expect
      .poll(async () => {
        await using _attached = await server.attach({})
        return await server.names()
      })
      .not.toContain(elsewhere.database)
  })
}

/** Another process, which has written down a database and is about to make it. */
async function owner(server: ManyDatabases, machine = '') {
  const process = await otherProcess('run-owner.ts', machine, { OWNER_NEO4J_URL: server.recordsUrl() })
  return { ...process, database: process.said }
}
