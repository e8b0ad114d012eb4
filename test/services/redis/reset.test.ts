import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RedisLane, RedisSeed } from '../../../src/services/redis/index.ts'
import { connect, laneId, type Opened, open, outcome } from './fixture.ts'

const close = { connections: 'close' } as const
const keep = { connections: 'keep' } as const

/** One key of each type, one of them binary, one that expires. */
const seed: RedisSeed = async ({ lane }) => {
  using client = connect(lane)
  await client.set('text', 'seeded')
  await client.set(Buffer.from([0, 255, 10]), Buffer.from([1, 0, 254]))
  await client.rpush('list', 'a', 'b', 'c')
  await client.sadd('set', 'a', 'b')
  await client.zadd('sorted', '1.5', 'a', '9007199254740991', 'b')
  await client.hset('hash', { name: 'seeded', empty: '' })
  await client.xadd('stream', '1-1', 'field', 'value')
  await client.xgroup('CREATE', 'stream', 'readers', '0')
  await client.setbit('bits', 1000, 1)
  await client.pfadd('counted', 'a', 'b', 'c')
  await client.geoadd('places', 13.361389, 38.115556, 'Palermo')
  await client.set('session', 'short', 'PX', 90_000)
}

/** Every key with its value, in a form that does not depend on the order inside sets and hashes. */
async function contents(lane: RedisLane): Promise<Record<string, unknown>> {
  using client = connect(lane)
  const keys = await client.keysBuffer('*')
  const entries = keys.map(async (key) => [key.toString('hex'), await value(client, key)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

async function value(client: Redis, key: Buffer): Promise<unknown> {
  switch (await client.type(key)) {
    case 'string':
      return (await client.getBuffer(key))?.toString('hex')
    case 'list':
      return client.lrange(key, 0, -1)
    case 'set':
      return (await client.smembers(key)).sort()
    case 'zset':
      return client.callBuffer('ZRANGE', key, 0, -1, 'WITHSCORES')
    case 'hash':
      return client.hgetall(key)
    default:
      return [
        await client.xrange(key, '-', '+'),
        await client.call('XINFO', 'GROUPS', key),
        await client.xpending(key, 'readers'),
      ]
  }
}

describe.each(['valkey@9', '6.2'])('a lane on %s', (version) => {
  let opened: Opened
  let lane: RedisLane

  beforeAll(async () => {
    opened = await open({ version, seed })
    lane = await opened.session.createLane(laneId(1))
  })
  afterAll(() => opened?.[Symbol.asyncDispose]())

  test('is equal to the seed again after every type was changed', async () => {
    const seeded = await contents(lane)
    expect(Object.keys(seeded)).toHaveLength(11)
    using client = connect(lane)
    await client.set('text', 'changed')
    await client.lpop('list')
    await client.sadd('set', 'c')
    await client.zincrby('sorted', 1, 'a')
    await client.hdel('hash', 'name')
    await client.xreadgroup('GROUP', 'readers', 'me', 'STREAMS', 'stream', '>')
    await client.rename('bits', 'other')
    await client.pfadd('counted', 'd')
    await client.zrem('places', 'Palermo')
    await client.persist('session')
    await client.expire('text', 1000)
    await client.set('added', '1')
    expect(await contents(lane)).not.toEqual(seeded)

    await opened.session.resetLane(laneId(1), keep)

    expect(await contents(lane)).toEqual(seeded)
    expect(await client.ttl('text')).toBe(-1)
    expect(await client.pttl('session')).toBeGreaterThan(80_000)
    expect(await client.get('text')).toBe('seeded')
  })

  test('begins with the time to live that the seed gave, also long after', async () => {
    using client = connect(lane)
    const shortened = await client.pexpire('session', 1)
    expect(shortened).toBe(1)
    await expect.poll(() => client.exists('session'), { interval: 2 }).toBe(0)
    await opened.session.resetLane(laneId(1), keep)
    const first = await client.pttl('session')
    await expect.poll(() => client.pttl('session'), { interval: 2 }).toBeLessThan(first - 300)
    await opened.session.resetLane(laneId(1), keep)
    expect(await client.pttl('session')).toBeGreaterThan(first - 200)
  })

  test('loses whatever a dead holder left open', async () => {
    using blocked = connect(lane)
    using transaction = connect(lane)
    using subscriber = connect(lane)
    const popped = outcome(blocked.blpop('queue', 0))
    await transaction.call('MULTI')
    await transaction.call('SET', 'half', '1')
    await subscriber.subscribe('channel')
    using admin = connect(lane)
    await expect.poll(() => admin.client('LIST'), { interval: 2 }).toMatch(/cmd=blpop/)

    await opened.session.resetLane(laneId(1), close)

    expect(await popped).toMatch(/closed|retries/)
    expect(await outcome(transaction.call('EXEC'))).toMatch(/closed|retries/)
    using next = connect(lane)
    await next.rpush('queue', 'for the next holder')
    expect(await next.llen('queue')).toBe(1)
    expect(await next.exists('half')).toBe(0)
    expect(await next.pubsub('NUMSUB', 'channel')).toEqual(['channel', 0])
  })

  test('keeps the connections of a holder that resets it itself, and those of other lanes', async () => {
    const other = await opened.session.createLane(laneId(2))
    using client = connect(lane)
    using neighbour = connect(other)
    await Promise.all([client.ping(), neighbour.set('kept', '1')])
    await opened.session.resetLane(laneId(1), keep)
    expect(await client.ping()).toBe('PONG')
    await opened.session.resetLane(laneId(1), close)
    expect(await outcome(client.ping())).toMatch(/closed|retries/)
    expect(await neighbour.get('kept')).toBe('1')
  })
})

test('a template of many keys is copied whole, and a lane of many keys emptied', async () => {
  const many = 12_345
  await using opened = await open({
    seed: async ({ lane }) => {
      using client = connect(lane)
      await client.eval(`for i = 1, ${many} do redis.call('set', 'seed:' .. i, i) end`, 0)
    },
  })
  const lane = await opened.session.createLane(laneId(1))
  using client = connect(lane)
  expect(await client.dbsize()).toBe(many)
  await client.eval(`for i = 1, ${many} do redis.call('set', 'mess:' .. i, i) end`, 0)
  await opened.session.resetLane(laneId(1), keep)
  expect(await client.dbsize()).toBe(many)
  expect(await client.get(`seed:${many}`)).toBe(String(many))
  expect(await client.exists('mess:1')).toBe(0)
})

test('a key of the seed that has expired since is there again', async () => {
  await using opened = await open({
    seed: async ({ lane }) => {
      using client = connect(lane)
      await client.set('brief', '1', 'PX', 500)
    },
  })
  using client = connect(await opened.session.createLane(laneId(1)))
  await expect.poll(() => client.exists('brief'), { interval: 5 }).toBe(0)
  await opened.session.resetLane(laneId(1), keep)
  expect(await client.exists('brief')).toBe(1)
})

test('alone on its server, a lane may empty all of it and gets its seed back', async () => {
  for (const version of ['valkey@9', '6.2']) {
    await using opened = await open({ version, seed, isolation: 'instance' }, { maximumLanes: 1 })
    const lane = await opened.session.createLane(laneId(1))
    const seeded = await contents(lane)
    using client = connect(lane)
    if (version !== '6.2')
      await client.call(
        'FUNCTION',
        'LOAD',
        "#!lua name=left\nserver.register_function('over', function() return 1 end)",
      )
    expect(await client.flushall()).toBe('OK')
    expect(await client.dbsize()).toBe(0)

    await opened.session.resetLane(laneId(1), keep)
    expect(await contents(lane)).toEqual(seeded)
    expect(await client.pttl('session')).toBeGreaterThan(80_000)
    if (version !== '6.2') expect(await client.call('FUNCTION', 'LIST')).toEqual([])
  }
})
