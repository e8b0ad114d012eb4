import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { serviceContract } from '../../../../src/contract-tests/service.ts'
import { createAttachRuntime } from '../../../../src/runtimes/attach/index.ts'
import { type Neo4jLane, neo4j } from '../../../../src/services/neo4j/index.ts'
import { long } from '../../../long.ts'
import { contractFixture } from '../contract-fixture.ts'
import { connect, laneId, query } from '../fixture.ts'
import { attach, communityServers, urlOf } from './fixture.ts'
import { damages, everything, migrate, moreDamage, seedMore } from './hard-graph.ts'
import { otherProcess } from './other-process.ts'
import { tlsProxy } from './tls-proxy.ts'

const servers = communityServers()
const lane = laneId(1)
let server: Neo4jLane

beforeAll(async () => {
  server = await servers.start()
})

async function small({ lane: endpoint }: { lane: Neo4jLane }): Promise<void> {
  await using driver = connect(endpoint)
  await query(driver, endpoint, 'CREATE (:Second {id: 1})-[:SELF]->(:Second {id: 2})')
}

serviceContract<Neo4jLane>(
  'Neo4j, attached, disposable',
  async () => {
    const define = (options = {}) => neo4j({ ...options, url: urlOf(server), disposable: true })
    return contractFixture({ createRuntime: createAttachRuntime, define })
  },
  { lanes: 1 },
)

test('a reset brings back every kind of value, constraint and index, whatever was done', async () => {
  await using attached = await attach({
    url: urlOf(server),
    disposable: true,
    migrations: migrate,
    seed: seedMore,
  })
  const { session } = attached
  const endpoint = await session.createLane(lane)
  const template = await everything(endpoint)
  expect(template.length).toBeGreaterThan(3_300)
  await using driver = connect(endpoint)
  for (const damage of [...damages, moreDamage]) await query(driver, endpoint, damage)
  await session.resetLane(lane, { connections: 'keep' })
  expect(await everything(endpoint)).toEqual(template)
})

test('a transaction left open is ended by a reset, and can not be committed', async () => {
  await using attached = await attach({ url: urlOf(server), disposable: true })
  const endpoint = await attached.session.createLane(lane)
  await using driver = connect(endpoint)
  const session = driver.session()
  await query(driver, endpoint, 'CREATE (:Locked {id: 1})')
  const transaction = session.beginTransaction()
  await transaction.run('MATCH (l:Locked) SET l.id = 2 CREATE (:Forgotten)')
  await attached.session.resetLane(lane, { connections: 'close' })
  await expect(transaction.commit()).rejects.toThrow()
  await session.close()
  expect(await query(driver, endpoint, 'MATCH (n) RETURN n')).toEqual([])
})

test('an index that a test dropped was the lease: it is renewed, not lost', async () => {
  await using attached = await attach({ url: urlOf(server), disposable: true })
  const endpoint = await attached.session.createLane(lane)
  await using driver = connect(endpoint)
  for (const { name } of await query(driver, endpoint, 'SHOW INDEXES YIELD name')) {
    await query(driver, endpoint, `DROP INDEX \`${name}\``)
  }
  await attached.session.resetLane(lane, { connections: 'keep' })
  expect(await query(driver, endpoint, "SHOW INDEXES YIELD name WHERE name STARTS WITH 'isolane '")).toHaveLength(1)
  expect(await query(driver, endpoint, 'SHOW INDEXES YIELD type WHERE type = "LOOKUP"')).toHaveLength(2)
})

test.skipIf(long)(`afterwards the database is as empty as before, and free for the next${long}`, async () => {
  await using driver = connect(server)
  for (const round of [1, 2]) {
    await using attached = await attach({ url: urlOf(server), disposable: true, seed: small, migrations: migrate })
    const endpoint = await attached.session.createLane(lane)
    expect(endpoint, `round ${round}`).toMatchObject({ database: 'neo4j', url: server.url })
    expect(await attached.session.details?.()).toEqual({
      databases: `neo4j (lane-1, online) at ${server.url}`,
      user: 'neo4j',
      browser: `https://browser.neo4j.io/?dbms=${encodeURIComponent(server.url.replace('//', '//neo4j@'))}&db=neo4j`,
    })
  }
  expect(await query(driver, server, 'MATCH (n) RETURN n')).toEqual([])
  expect(await query(driver, server, 'SHOW INDEXES YIELD type WHERE type <> "LOOKUP"')).toEqual([])
})

test('there is one lane, and a stack that may want more is told before anything is touched', async () => {
  const url = urlOf(server)
  await expect(attach({ url, disposable: true }, 2)).rejects.toThrow(/is one lane.*`lanes: 1`.*ATTACH_REFUSED/)
  await using attached = await attach({ url, disposable: true })
  await attached.session.createLane(lane)
  await expect(attached.session.createLane(laneId(2))).rejects.toMatchObject({ code: 'ISOLANE_LANES_EXHAUSTED' })
})

test.skipIf(long)(`a server that is being restarted is waited for${long}`, async () => {
  const proxy = await tlsProxy()
  const behind = await servers.start()
  proxy.target = behind
  const url = urlOf({ ...behind, host: proxy.host, port: proxy.port }, 'bolt+ssc')
  {
    await using attached = await attach({ url, disposable: true, seed: small })
    const endpoint = await attached.session.createLane(lane)
    proxy.shut()
    const reset = attached.session.resetLane(lane, { connections: 'close' })
    await servers.restart(behind)
    proxy.target = behind
    await reset
    await using driver = connect(endpoint)
    expect(await query(driver, endpoint, 'MATCH (s:Second) RETURN count(s) AS count')).toEqual([{ count: 2 }])
  }
  proxy.close()
})

test.skipIf(long).each(['bolt+ssc', 'neo4j+ssc'])(
  `%s: a server with a certificate of its own${long}`,
  async (scheme) => {
    const proxy = await tlsProxy()
    const behind = await servers.start(`${proxy.host}:${proxy.port}`)
    proxy.target = behind
    const url = urlOf({ ...behind, host: proxy.host, port: proxy.port }, scheme)
    {
      await using attached = await attach({ url, disposable: true, seed: small })
      const endpoint = await attached.session.createLane(lane)
      expect(endpoint.url).toBe(`${scheme}://${proxy.host}:${proxy.port}`)
      await using driver = connect(endpoint)
      expect(await query(driver, endpoint, 'MATCH (s:Second) RETURN count(s) AS count')).toEqual([{ count: 2 }])
    }
    await expect(attach({ url: url.replace('+ssc', '+s'), disposable: true })).rejects.toThrow(
      /can not be used: .*`\+ssc` for TLS with a certificate of its own.*SERVER_UNREACHABLE/,
    )
    proxy.close()
  },
)

test.skipIf(long).each(['bolt+s', 'neo4j+s'])(`%s: a server whose certificate is trusted${long}`, async (scheme) => {
  const proxy = await tlsProxy()
  const behind = await servers.start(`${proxy.host}:${proxy.port}`)
  proxy.target = behind
  const folder = mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
  const certificate = join(folder, 'certificate.pem')
  writeFileSync(certificate, proxy.certificate)
  await using holder = await otherProcess('holder.ts', '', {
    HOLDER_NEO4J_URL: urlOf({ ...behind, host: proxy.host, port: proxy.port }, scheme),
    NODE_EXTRA_CA_CERTS: certificate,
  })
  expect(holder.said).toBe('held')
  rmSync(folder, { recursive: true })
  proxy.close()
})

test('encryption that the server does not speak is told', async () => {
  const url = urlOf(server, 'bolt+ssc')
  await expect(attach({ url, disposable: true })).rejects.toThrow(
    /can not be used.*whether the scheme fits.*SERVER_UNREACHABLE/,
  )
})
