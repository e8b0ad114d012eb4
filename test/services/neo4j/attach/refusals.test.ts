import { expect, test } from 'vitest'
import type { Neo4jLane } from '../../../../src/services/neo4j/index.ts'
import { long } from '../../../long.ts'
import { connect, laneId, query } from '../fixture.ts'
import { attach, communityServers, urlOf } from './fixture.ts'
import { otherProcess } from './other-process.ts'

const servers = communityServers()

const attempt = (server: Neo4jLane) => attach({ url: urlOf(server), disposable: true })

/** Another process, which has the disposable database and something in it. */
const hold = (server: Neo4jLane, machine = '') =>
  otherProcess('holder.ts', machine, { HOLDER_NEO4J_URL: urlOf(server) })

test.skipIf(long)(
  `Community without \`disposable\` is refused, with both ways out, and nothing is made in it${long}`,
  async () => {
    const server = await servers.start()
    const error = await attach({ url: urlOf(server) }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ISOLANE_ATTACH_REFUSED' })
    expect(String(error)).toMatch(
      /one database only.*run its own beside it.*graph: 'native'.*`disposable: true`.*`lanes: 1`/,
    )
    expect(String(error)).not.toContain(server.password)
    await using driver = connect(server)
    expect(await query(driver, server, 'SHOW INDEXES YIELD type WHERE type <> "LOOKUP"')).toEqual([])
  },
)

test.each([
  'CREATE (:Customer {name: "somebody else’s"})',
  'CREATE CONSTRAINT customer_id FOR (c:Customer) REQUIRE c.id IS UNIQUE',
  'CREATE INDEX customer_name FOR (c:Customer) ON (c.name)',
])('what Isolane did not make is refused and stays: %s', async (statement) => {
  const server = await servers.start()
  await using driver = connect(server)
  await query(driver, server, statement)
  const contents = async () => [
    await query(driver, server, 'MATCH (n) RETURN labels(n), properties(n)'),
    await query(driver, server, 'SHOW INDEXES YIELD name, createStatement'),
  ]
  const before = await contents()
  await expect(attempt(server)).rejects.toThrow(/did not make.*ATTACH_REFUSED/)
  expect(await contents()).toEqual(before)
})

test.skipIf(long)(
  `a second process is told who holds it; that the holder was killed is noticed at once${long}`,
  async () => {
    const server = await servers.start()
    await using holder = await hold(server)
    await expect(attempt(server)).rejects.toThrow(new RegExp(`in use by process ${holder.pid} on .*ATTACH_REFUSED`))
    await holder.kill()
    await using attached = await attempt(server)
    expect(attached.reports.map(({ text }) => text)).toContain(
      `removed what a killed run left in the database neo4j on ${server.url}`,
    )
    const lane = await attached.session.createLane(laneId(1))
    await using driver = connect(server)
    expect(lane.database).toBe('neo4j')
    expect(await query(driver, server, 'MATCH (n) RETURN n')).toEqual([])
  },
)

test.skipIf(long)(`a holder on another machine keeps it as long as its lease${long}`, async () => {
  const server = await servers.start()
  await using holder = await hold(server, 'another machine')
  await expect(attempt(server)).rejects.toThrow(/in use by .*ATTACH_REFUSED/)
  await holder.kill()
  const free = async () => {
    await using attached = await attempt(server)
    return attached.session.version
  }
  await expect.poll(() => free().catch(() => 'held')).toMatch(/^5\./)
})

test('of two who come at once, one gets it', async () => {
  const server = await servers.start()
  const both = await Promise.allSettled([1, 2].map(() => attempt(server)))
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  for (const each of both) if (each.status === 'fulfilled') await each.value[Symbol.asyncDispose]()
})

test('a wrong password and a server that is not there are told, without the password', async () => {
  const server = await servers.start()
  const wrong = await attach({ url: urlOf({ ...server, password: 'guessed-wrongly' }) }).catch((reason) => reason)
  expect(String(wrong)).toMatch(/does not let user neo4j in.*NEO4J_PASSWORD.*ATTACH_REFUSED/)
  expect(String(wrong)).not.toContain('guessed-wrongly')
  await expect(attach({ url: 'bolt://neo4j:secret@127.0.0.1:1' })).rejects.toMatchObject({
    code: 'ISOLANE_SERVER_UNREACHABLE',
  })
})

test('a database that is not there is told, with the one that is', async () => {
  const url = urlOf(await servers.start())
  await expect(attach({ url, disposable: true, database: 'tta_dev' })).rejects.toThrow(
    /no database tta-dev on .*the one that is there: neo4j.*ATTACH_REFUSED/,
  )
})
