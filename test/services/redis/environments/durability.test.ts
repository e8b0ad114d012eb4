import { globSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RedisLane, RedisSeed } from '../../../../src/services/redis/index.ts'
import { lackingForDocker } from '../../../docker.ts'
import { long, longMatrix } from '../../../long.ts'
import { connect, outcome } from '../fixture.ts'
import { asAdministrator, dev, environment, Home, staging } from './fixture.ts'

/** What it writes stands in a file. */
function seedOf(folder: string): RedisSeed {
  const file = join(folder, 'seed.txt')
  return {
    inputs: [file],
    run: async ({ lane }) => {
      using client = connect(lane)
      await client.set('seeded', readFileSync(file, 'utf8'))
    },
  }
}

for (const { value: version, why } of longMatrix(['valkey@9', '6.2', '7'])) {
  test.skipIf(why)(
    `${version}: no acknowledged write is lost when the server is killed, nor a password${why}`,
    async () => {
      await using home = new Home()
      writeFileSync(join(home.folder, 'seed.txt'), 'first')
      await using first = await home.open([dev, staging], { version, seed: seedOf(home.folder) })
      const [developers, before] = first.lanes as [RedisLane, RedisLane]
      using old = connect(before)
      await old.ping()
      const after = await first.session.environments.rotate(staging, undefined)
      expect(await outcome(old.ping())).toMatch(/closed|retries/)
      expect(await outcome(connect(before).ping())).not.toBe('PONG')
      expect(after).toEqual({ ...before, password: after.password, url: after.url })
      expect(await first.session.environments.rotate(staging, ['app'])).toEqual(after)

      const acknowledged: [number, string][] = []
      const writers = [developers, after].map(async (lane) => {
        using client = connect(lane)
        for (let index = 0; ; index++) {
          if ((await outcome(client.set(`key:${index}`, '1'))) !== 'OK') return
          acknowledged.push([lane.database, `key:${index}`])
        }
      })
      await expect.poll(() => acknowledged.length, { interval: 1 }).toBeGreaterThan(300)
      await first.kill()
      await Promise.all(writers)

      writeFileSync(join(home.folder, 'seed.txt'), 'second')
      for (const round of [1, 2]) {
        await using next = await home.open([dev, staging], { version, seed: seedOf(home.folder) })
        expect(next.lanes.map(({ password }) => password)).toEqual([developers.password, after.password])
        for (const lane of next.lanes) {
          using client = connect(lane)
          const keys = acknowledged.flatMap(([database, key]) => (database === lane.database ? [key] : []))
          expect(await client.exists(...keys)).toBe(keys.length)
          expect(await client.get('seeded')).toBe('first')
        }
        const told = next.reports.filter(({ text }) => text.includes('environments begin with has changed'))
        expect(told).toHaveLength(round === 1 ? 2 : 0)
        await next.session.resetLane(dev, { connections: 'close' })
        using client = connect(next.lanes[0] as RedisLane)
        expect(await client.mget('seeded', 'key:0')).toEqual(['second', null])
        await client.set('seeded', 'first')
        await client.mset(acknowledged.flatMap(([database, key]) => (database === 0 ? [key, '1'] : [])))
        await next.kill()
      }
    },
  )
}

test('a log that ends in half a command is read up to there', async () => {
  await using home = new Home()
  await using first = await home.open([dev])
  {
    using client = connect(first.lanes[0] as RedisLane)
    await client.set('whole', '1')
    await client.set('half', 'x'.repeat(50))
  }
  await first.kill()
  const [log = ''] = globSync(join(home.folder, '**', '*.incr.aof'))
  truncateSync(log, statSync(log).size - 20)
  await using second = await home.open([dev])
  using client = connect(second.lanes[0] as RedisLane)
  expect(await client.keys('*')).toEqual(['whole'])
})

test.skipIf(long)(`killed at any moment of being filled or wiped, it is whole${long}`, async () => {
  await using home = new Home()
  const keys = 3_000
  let lives = 0
  const seed: RedisSeed = {
    inputs: [],
    run: async ({ lane }) => {
      using client = connect(lane)
      await client.eval(`for i = 1, ${keys} do redis.call('set', 'seed:' .. i, i) end`, 0)
      lives += 1
      // The first time the template is still without its note.
      if (lives === 1) await client.eval("redis.call('set', 'more', '1') error('the seed breaks off')", 0)
    },
  }
  const open = () => home.open([dev, environment('other', 1)], { seed })
  await expect(open()).rejects.toThrow(/breaks off/)
  for (let pings = 0; pings < 4; pings++) {
    await using opened = await open()
    const [lane, other] = opened.lanes as [RedisLane, RedisLane]
    using client = connect(lane)
    using neighbour = connect(other)
    expect([await client.dbsize(), await neighbour.dbsize()]).toEqual([keys, keys])
    await client.set('mine', '1')
    const wiping = opened.session.resetLane(dev, { connections: 'keep' }).catch(() => {})
    for (let ping = 0; ping < pings; ping++) await neighbour.ping()
    await opened.kill()
    await wiping
    await using again = await open()
    using reader = connect(lane.url === again.lanes[0]?.url ? lane : (again.lanes[0] as RedisLane))
    const left = [await reader.dbsize(), await reader.exists('mine')]
    expect([
      [keys + 1, 1],
      [keys, 0],
    ]).toContainEqual(left)
    await again.session.resetLane(dev, { connections: 'keep' })
    expect(await reader.dbsize()).toBe(keys)
    await again.kill()
  }
  expect(lives).toBe(2)
})

test('keys that were there before their environment are left alone, and what a dead run left beside goes', async () => {
  await using home = new Home()
  await using first = await home.open([dev])
  const [developers] = first.lanes as [RedisLane]
  {
    using strays = asAdministrator(developers, 1)
    await strays.set('stray', '1')
    using beside = asAdministrator(developers, 35)
    await beside.set('left', '1')
  }
  await first.kill()
  await expect(home.open([dev, environment('test', 1)])).rejects.toMatchObject({
    code: 'ISOLANE_ENVIRONMENT_CHANGED',
    reason: expect.stringMatching(/DB 1 is to be test, and holds keys/),
  })
  await using second = await home.open([dev, staging])
  const [lane, staged] = second.lanes as [RedisLane, RedisLane]
  using reader = asAdministrator(lane, 1)
  expect(await reader.keys('*')).toEqual(['stray'])
  expect(await reader.info('keyspace')).not.toMatch(/^db3[4-9]/m)

  // One that the config has no more keeps its data, and nobody gets in.
  await second.again([dev])
  using client = connect(lane)
  expect(await client.ping()).toBe('PONG')
  using former = connect(staged)
  expect(await outcome(former.ping())).not.toBe('PONG')

  // Without its record nothing is taken for ours.
  await reader.flushall()
  await client.set('mine', '1')
  await expect(second.session.resetLane(dev, { connections: 'keep' })).rejects.toMatchObject({
    code: expect.stringMatching(/ENVIRONMENT_CHANGED|TEMPLATE_FAILED/),
  })
  expect(await client.keys('*')).toEqual(['mine'])
})

const lacking = await lackingForDocker('redis:7', 'valkey/valkey:9')

describe.skipIf(long || lacking)(`in containers${long}${lacking}`, () => {
  test.each(['7', 'valkey@9'])('%s: no acknowledged write is lost when its container is killed', async (version) => {
    await using home = Home.inDocker()
    await using first = await home.open([dev, staging], { version })
    const [lane] = first.lanes as [RedisLane]
    using client = connect(lane)
    let acknowledged = 0
    const writing = (async () => {
      while ((await outcome(client.set(`key:${acknowledged}`, '1'))) === 'OK') acknowledged += 1
    })()
    await expect.poll(() => acknowledged, { interval: 1 }).toBeGreaterThan(100)
    await first.kill()
    await writing
    await using second = await home.open([dev, staging], { version })
    using reader = connect(second.lanes[0] as RedisLane)
    const keys = Array.from({ length: acknowledged }, (_, index) => `key:${index}`)
    expect(await reader.exists(...keys)).toBe(acknowledged)
    expect(second.lanes.map(({ password }) => password)).toEqual(first.lanes.map(({ password }) => password))
  })
})
