import { createServer } from 'node:net'
import type { ResultSummary } from 'neo4j-driver'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OpenClients } from '../../../src/core/open-clients.ts'
import { neo4j } from '../../../src/services/neo4j/index.ts'
import { neo4jClients } from '../../../src/services/neo4j/lane-clients.ts'
import { long } from '../../long.ts'
import { connect, count, laneId, type Opened, open, query } from './fixture.ts'

let opened: Opened

beforeAll(async () => {
  opened = await open()
})

afterAll(() => opened[Symbol.asyncDispose]())

test.skipIf(long)(`eight lanes made at once are eight databases${long}`, async () => {
  const ids = Array.from({ length: 8 }, (_, index) => laneId(index + 1))
  const lanes = await Promise.all(ids.map((id) => opened.session.createLane(id)))
  expect(new Set(lanes.map(({ port }) => port)).size).toBe(8)
  const drivers = lanes.map((lane) => connect(lane))
  await Promise.all(lanes.map((lane, index) => query(drivers[index] as never, lane, `CREATE (:Mine {lane: ${index}})`)))
  for (const [index, lane] of lanes.entries()) {
    const found = await query(drivers[index] as never, lane, 'MATCH (n) RETURN n.lane AS lane')
    expect(found).toEqual([{ lane: index }])
  }
  await Promise.all(drivers.map((driver) => driver.close()))
  for (const id of ids) await opened.session.dropLane(id)
  expect((await opened.session.status()).lanes).toEqual([])
})

test('a lane answers on bolt:// and neo4j://, to its password only', async () => {
  const lane = await opened.session.createLane(laneId(20))
  await using bolt = connect(lane)
  await using routed = connect(lane, lane.url.replace('bolt://', 'neo4j://'))
  expect(await count(bolt, lane)).toBe(0)
  expect(await count(routed, lane)).toBe(0)
  await using stranger = connect({ ...lane, password: 'guessed' })
  await expect(count(stranger, lane)).rejects.toThrow(/unauthorized/i)
  await opened.session.dropLane(laneId(20))
})

test("a client's sessions go to the lane's database, not to the user's own, unless told otherwise", async () => {
  const lane = await opened.session.createLane(laneId(22))
  const clients = new OpenClients()
  // The other database that every server has.
  const methods = neo4jClients.methods({ ...lane, database: 'system' }, (client) => clients.add('neo4j', client))
  const driver = await methods.driver()
  const show = 'SHOW DATABASES YIELD name RETURN count(*)'
  expect((await driver.executeQuery(show)).summary.database.name).toBe('system')
  expect((await driver.session().run(show)).summary.database.name).toBe('system')
  expect((await driver.session({ fetchSize: 1 }).run(show)).summary.database.name).toBe('system')
  const { promise, resolve, reject } = Promise.withResolvers<ResultSummary>()
  driver.rxSession().run(show).consume().subscribe({ next: resolve, error: reject })
  expect((await promise).database.name).toBe('system')
  expect((await driver.session({ database: 'neo4j' }).run('RETURN 1')).summary.database.name).toBe('neo4j')
  expect((await driver.executeQuery('RETURN 1', {}, { database: 'neo4j' })).summary.database.name).toBe('neo4j')
  await clients.close()
  await opened.session.dropLane(laneId(22))
})

test('a lane tells its exact version and its environment', async () => {
  const lane = await opened.session.createLane(laneId(21))
  expect(lane.version).toMatch(/^5\.26\.\d+$/)
  const { service } = neo4j()
  const env = service.env(lane)
  expect(env).toEqual({
    NEO4J_URI: `bolt://127.0.0.1:${lane.port}`,
    NEO4J_USER: 'neo4j',
    NEO4J_USERNAME: 'neo4j',
    NEO4J_PASSWORD: lane.password,
    NEO4J_DATABASE: 'neo4j',
  })
  expect(Object.keys(env)).toEqual(Object.keys(service.env(service.nowhere)))
  await opened.session.dropLane(laneId(21))
})

test('what is asked of a lane that is not there says so', async () => {
  await expect(opened.session.resetLane(laneId(99), { connections: 'close' })).rejects.toMatchObject({
    code: 'ISOLANE_LANE_LOST',
  })
})

test('the control channel answers nobody without the token', async () => {
  const { host, ports, credentials } = opened.instance.endpoint
  const { HostClient } = await import('../../../src/services/neo4j/host-client.ts')
  const endpoint = { host, ports, credentials: { ...credentials, password: 'guessed' } }
  const client = await HostClient.open({ ...opened.instance, endpoint, logs: async () => '' })
  await expect(client.ask('status', {})).rejects.toMatchObject({ code: 'ISOLANE_INSTANCE_ENDED' })
})

test('a fixed port is the first lane’s, the next lane has the next one; a taken port is an error', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  await using fixed = await open({ port: port - 1 })
  expect(await fixed.session.createLane(laneId(1))).toMatchObject({ port: port - 1 })
  await expect(fixed.session.createLane(laneId(2))).rejects.toThrow(
    new RegExp(`Port ${port}, which the Neo4j of lane-2 would have, is taken`),
  )
  await new Promise((resolve) => taken.close(resolve))
  // What failed left nothing in the way.
  expect(await fixed.session.createLane(laneId(2))).toMatchObject({ port })
})

test.skipIf(long)(`a database name of one’s own; an underscore becomes a dash, which is said${long}`, async () => {
  await using named = await open({ database: 'tta_dev' })
  const lane = await named.session.createLane(laneId(1))
  expect(lane.database).toBe('tta-dev')
  expect(named.reports.filter(({ text }) => text.includes('tta-dev'))).toHaveLength(1)
  await using driver = connect(lane)
  expect(await query(driver, lane, 'CALL db.info() YIELD name')).toEqual([{ name: 'tta-dev' }])
})
