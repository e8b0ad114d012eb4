import { afterAll, beforeAll, expect, test } from 'vitest'
import { Administrator } from '../../../../src/services/redis/client.ts'
import type { RedisLane } from '../../../../src/services/redis/index.ts'
import { OwnNumbers } from '../../../../src/services/redis/own-numbers.ts'
import { LoadedLane } from '../../../../src/services/redis/snapshots/loaded-lane.ts'
import { Marks } from '../../../../src/services/redis/snapshots/marks.ts'
import { Place } from '../../../../src/services/redis/snapshots/place.ts'
import { readLane } from '../../../../src/services/redis/snapshots/read-lane.ts'
import { Tally } from '../../../../src/services/redis/snapshots/tally.ts'
import { long } from '../../../long.ts'
import { connect, laneId, type Opened, open } from '../fixture.ts'
import { supportOf } from './fixture.ts'

const one = laneId(1)
const context = {
  name: 'cache',
  root: '/a/project',
  maximumLanes: 4,
  report: () => {},
  signal: new AbortController().signal,
}
const incompressible = String.fromCharCode(...Array.from({ length: 94 }, (_, index) => 33 + index))
let opened: Opened
let lane: RedisLane
let administrator: Administrator
let place: Place

beforeAll(async () => {
  opened = await open({})
  lane = await opened.session.createLane(one)
  administrator = await Administrator.connect(opened.instance.endpoint)
  place = await placeOf(administrator)
})
afterAll(async () => {
  administrator?.close()
  await opened?.[Symbol.asyncDispose]()
})

async function placeOf(by: Administrator, numbers = new OwnNumbers(by, 11)): Promise<Place> {
  await numbers.take(one)
  return new Place(by, { name: 'valkey', version: '9' }, numbers, context)
}

test('marks of all lanes together have a budget, and what is forgotten is free again', async () => {
  using client = connect(lane)
  await client.flushdb()
  await client.set('key', incompressible)
  const marks = new Marks(place, 400)
  const first = await marks.make(one)
  await using second = await marks.make(one)
  const refusal = {
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: expect.stringMatching(/lane-1 .*in memory.*more than 400 bytes/),
  }
  await expect(marks.make(one)).rejects.toMatchObject(refusal)
  await expect(marks.make(one)).rejects.toMatchObject(refusal)
  await first[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
  await using third = await marks.make(one)
  await expect(marks.make(one)).rejects.toMatchObject(refusal)
  await client.flushdb()
  await second.restore()
  expect(await client.keys('*')).toEqual(['key'])
  await third.restore()
  expect(await client.get('key')).toBe(incompressible)
})

test.skipIf(long)(`a copy that loses keys, as a server that evicts some makes it, is not saved${long}`, async () => {
  using client = connect(lane)
  await client.flushdb()
  await client.eval(`for i = 1, 9000 do redis.call('set', 'key:' .. i, i) end redis.call('expire', 'key:1', 1000)`, 0)
  const reading = (lost: number) =>
    readLane(place, one, 'save', new Tally(), async (pages) => {
      let count = 0
      for await (const _page of pages) {
        count += 1
        const remove = `redis.call('select', 7)
          local keys = redis.call('keys', '*')
          table.sort(keys)
          for index = 1, ARGV[1] do redis.call('del', keys[index]) end
          return #keys`
        if (count === 1) expect(await administrator.send('EVAL', remove, 0, lost)).toBe(9_000)
      }
    })
  await reading(0)
  await expect(reading(8_000)).rejects.toMatchObject({
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: expect.stringMatching(/of 9000 keys/),
  })
  expect(await client.dbsize()).toBe(9_000)
  expect(await client.info('keyspace')).not.toMatch(/^db7:/m)
})

test('clients that wait in a lane are served by a mark that comes back', async () => {
  using client = connect(lane)
  await client.flushdb()
  await client.rpush('list', 'a')
  await using mark = await supportOf(opened.session).mark(one)
  await client.del('list')
  using waiting = connect(lane)
  const popped = waiting.brpop('list', 0)
  await expect.poll(() => client.client('LIST'), { interval: 2 }).toMatch(/cmd=brpop/)
  await mark.restore()
  expect(await popped).toEqual(['list', 'a'])
})

test('all numbers beside a lane are given back, also when giving back the first fails', async () => {
  const given: number[] = []
  class Failing extends OwnNumbers {
    override async giveScratch(number: number): Promise<void> {
      given.push(number)
      if (given.length === 1) throw new Error('not now')
    }
    override async takeScratch(): Promise<number> {
      return given.length === 0 ? 9 : 10
    }
  }
  await administrator.send('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '+@all', '-swapdb')
  const credentials = { username: 'limited', password: 'secret' }
  const limited = await Administrator.connect({ ...opened.instance.endpoint, credentials })
  try {
    const numbers = new Failing(limited, 11)
    const at = await placeOf(limited, numbers)
    const filled = { lane: one, number: lane.database, scratch: 7, added: 0, passing: 0 }
    const loaded = await LoadedLane.of(at, filled)
    await expect(loaded[Symbol.asyncDispose]()).rejects.toThrow('not now')
    expect(given).toEqual([7, 9])
  } finally {
    limited.close()
    await administrator.send('EVAL', `redis.call('select', 7) redis.call('flushdb')`, 0)
  }
})
