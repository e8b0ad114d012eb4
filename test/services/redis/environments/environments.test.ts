import { afterAll, beforeAll, expect, test } from 'vitest'
import { silent } from '../../../../src/core/report.ts'
import { type RedisLane, type RedisOptions, redisService } from '../../../../src/services/redis/index.ts'
import { connect, outcome } from '../fixture.ts'
import { load, save } from '../snapshots/fixture.ts'
import { dev, environment, Home, type OpenedEnvironments, staging } from './fixture.ts'

const tests = environment('test', 1, 'from-the-config')
const all = [dev, tests, staging]
const { check, dataVersion, marks } = redisService.environments ?? (undefined as never)
let home: Home
const seeded = (text: string): RedisOptions => ({ version: 'valkey@9', seed: { run: seedWith(text), inputs: [] } })
let opened: OpenedEnvironments

function seedWith(text: string) {
  return async ({ lane }: { lane: RedisLane }) => {
    using client = connect(lane)
    await client.set('seeded', text)
    await client.set('brief', '1', 'EX', 1_000)
  }
}

beforeAll(async () => {
  home = new Home()
  opened = await home.open(all, seeded('first'))
})
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]()
  await home?.[Symbol.asyncDispose]()
})

function lane(of: { readonly index: number }): RedisLane {
  const found = opened.lanes.find(({ database }) => database === of.index)
  if (!found) throw new Error('no such environment')
  return found
}

test('its server has the usual port, writes through, and has its numbers for good', () => {
  const { signal } = new AbortController()
  const context = { name: 'cache', root: '/a/project', report: silent, signal, environments: all }
  const specOf = (options: RedisOptions, maximumLanes: number) =>
    redisService.spec(options, { ...context, maximumLanes, credentials: { username: 'admin', password: 'a-secret' } })
  const spec = specOf({}, 4)
  expect(spec).toMatchObject({ durable: true, ports: { redis: 6379 } })
  expect(spec.native).not.toHaveProperty('save')
  expect(specOf({ port: 6400 }, 4).ports).toEqual({ redis: 6400 })
  expect(specOf({}, 1)).toEqual(specOf({}, 900))
  const [written] = Object.values(spec.native?.serve.files ?? {})
  for (const line of ['appendonly yes', 'appendfsync always', 'databases 66']) expect(written).toContain(`${line}\n`)
  expect(dataVersion({ version: '7.2.4' })).toBe('redis 7')
  expect(dataVersion({})).toBe('valkey 9')
})

test('each environment has the number of its index, a user of its label, and what the seed makes', async () => {
  expect(opened.lanes).toMatchObject([
    { database: 0, username: 'tta-dev', password: expect.stringMatching(/^[\w-]{24}$/) },
    { database: 1, username: 'tta-test', password: 'from-the-config' },
    { database: 2, username: 'tta-staging', password: expect.stringMatching(/^[\w-]{24}$/) },
  ])
  for (const each of opened.lanes) {
    using client = connect(each)
    expect((await client.keys('*')).sort()).toEqual(['brief', 'seeded'])
    expect(await client.ttl('brief')).toBeGreaterThan(900)
    expect(await check(each)).toEqual([
      { who: 'owner', address: `127.0.0.1:${each.port}/${each.database}`, milliseconds: expect.any(Number) },
    ])
  }
  await expect(opened.session.createLane()).rejects.toMatchObject({ code: 'ISOLANE_LANE_FAILED' })
  await opened.session.dropLane()
  expect(opened.reports.filter(({ kind }) => kind === 'warning')).toEqual([])
})

test('a mark is counted where it was written alone, nobody gets at another, and nothing of it stays', async () => {
  for (const [index, one] of opened.lanes.entries()) {
    await marks.write(one, 'a-mark')
    expect(await Promise.all(opened.lanes.map((each) => marks.count(each, 'a-mark')))).toEqual(
      opened.lanes.map((_, other) => (other === index ? 1 : 0)),
    )
    await marks.remove(one, 'a-mark')
    for (const other of opened.lanes) {
      const refused = await marks.intrude(one, other)
      if (one === other) expect(refused).toBeUndefined()
      else expect(refused).toMatch(/NOPERM/)
    }
    using client = connect(one)
    expect(await client.dbsize()).toBe(2)
  }
})

test('a user neither reads nor writes elsewhere, nor sees what others send, nor stops them', async () => {
  using client = connect(lane(dev))
  const to = staging.index
  for (const command of [
    ['SELECT', to],
    ['COPY', 'seeded', 'seeded', 'DB', to, 'REPLACE'],
    ['MOVE', 'brief', to],
    ['SWAPDB', 0, to],
    ['EVAL', `redis.call('select', ${to}) return redis.call('get', 'seeded')`, 0],
    ['FLUSHALL'],
    ['MONITOR'],
    ['SLOWLOG', 'GET'],
    ['CLIENT', 'KILL', 'USER', 'tta-staging'],
    ['CONFIG', 'SET', 'appendonly', 'no'],
    ['ACL', 'LIST'],
    ['SHUTDOWN'],
  ] as const) {
    const [name, ...rest] = command
    expect([command, await outcome(client.call(name, ...rest))]).toEqual([command, expect.stringMatching(/NOPERM|ACL/)])
  }
  for (const database of [1, to, 32, 33, 34]) {
    using stray = connect(lane(dev), { db: database })
    await outcome(stray.set('stray', '1'))
  }
  using other = connect(lane(staging))
  expect(await other.mget('stray', 'seeded')).toEqual([null, 'first'])
})

test('what is wrong with a connection is said in words', async () => {
  const { url } = lane(staging)
  const broken = async (changed: string) => (await check({ ...lane(staging), url: changed }))[0]
  expect(await broken(url.replace(/:[^:@]+@/, ':wrong@'))).toMatchObject({
    problem: expect.stringMatching(/does not accept the user tta-staging with this password/),
    remedy: expect.stringContaining('isolane env files'),
  })
  expect(await broken(url.replace(/:\d+\/2$/, ':1/2'))).toMatchObject({
    problem: expect.stringMatching(/^nothing answers/),
  })
  expect(await broken(url.replace(/2$/, '1'))).toMatchObject({ problem: expect.stringMatching(/NOPERM|DB/) })
  expect(JSON.stringify(await broken(url.replace(/:[^:@]+@/, ':wrong@')))).not.toContain(lane(staging).password)
})

test('it tells how much there is, and what may run out', async () => {
  using client = connect(lane(dev))
  await client.set('large', 'x'.repeat(100_000))
  const facts = await opened.session.environments.facts(dev)
  expect(facts.bytes).toBeGreaterThan(100_000)
  expect(facts.connections).toBe(1)
  const other = await opened.session.environments.facts(staging)
  expect(other.bytes).toBeLessThan(10_000)
  expect(other.connections).toBe(0)
  await client.eval(`for i = 1, 25000 do redis.call('set', 'key:' .. i, string.rep('x', 100)) end`, 0)
  const { bytes } = await opened.session.environments.facts(dev)
  expect(bytes).toBeGreaterThan(25_000 * 100)
  expect(bytes).toBeLessThan(25_000 * 400)
  expect((await opened.session.environments.limits()).map(({ what, used }) => [what, used > 0])).toEqual([
    ['connections', true],
    ['DB numbers', true],
  ])
  expect(await opened.session.details()).toEqual({
    databases: '0 for dev, 1 for test, 2 for staging, 32 for notes, 33 for the template',
  })
})

test('one is wiped, saved and brought back, and the others stay as they are', async () => {
  using client = connect(lane(staging))
  using other = connect(lane(dev))
  await other.flushdb()
  await other.set('mine', '1')
  await client.hset('hash', { a: '1' })
  const saved = await save(opened.session, staging)
  await opened.session.resetLane(staging, { connections: 'keep' })
  expect((await client.keys('*')).sort()).toEqual(['brief', 'seeded'])
  await load(opened.session, staging, saved)
  expect((await client.keys('*')).sort()).toEqual(['brief', 'hash', 'seeded'])
  expect((await opened.session.snapshots.describe(staging)).digests).toEqual(saved.summary.digests)
  await opened.session.resetLane(staging, { connections: 'close' })
  expect(await outcome(client.ping())).toMatch(/closed|retries/)
  expect(await other.keys('*')).toEqual(['mine'])
})

test('what nobody has noted as an environment is not destroyed', async () => {
  const unknown = environment('unknown', 7)
  await expect(opened.session.resetLane(unknown, { connections: 'keep' })).rejects.toMatchObject({
    code: 'ISOLANE_RESET_FAILED',
  })
  await expect(opened.session.environments.open(environment('other', 0))).rejects.toMatchObject({
    code: 'ISOLANE_ENVIRONMENT_CHANGED',
    reason: 'Redis DB 0 holds dev, and is to be other',
  })
  await expect(opened.session.environments.open(environment('more', 32))).rejects.toMatchObject({
    code: 'ISOLANE_LANES_EXHAUSTED',
  })
})
