import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StateReader } from '../../../../src/core/contracts.ts'
import type { RedisLane } from '../../../../src/services/redis/index.ts'
import { long } from '../../../long.ts'
import { connect, laneId, type Opened, open } from '../fixture.ts'
import { load, MemoryState, type Saved, save, supportOf } from './fixture.ts'
import { readAll } from './hard-keys.ts'

const one = laneId(1)
let opened: Opened
let lane: RedisLane
let saved: Saved

beforeAll(async () => {
  opened = await open({})
  lane = await opened.session.createLane(one)
  using client = connect(lane)
  await client.mset('a', 'text', 'b', 'x'.repeat(1_000))
  await client.rpush('list', 'a', 'b')
  saved = await save(opened.session, one)
  await client.flushdb()
  await client.set('mine', '1')
})
afterAll(() => opened?.[Symbol.asyncDispose]())

function changed(change: (keys: Buffer) => Buffer): Saved {
  const state = new MemoryState()
  state.files.set('keys', change(Buffer.from(saved.state.files.get('keys') ?? '')))
  return { state, summary: saved.summary }
}

function flipped(keys: Buffer, at: number): Buffer {
  keys[at] = (keys[at] ?? 0) ^ 1
  return keys
}

async function expectRefusal(broken: Saved, code: string, message: RegExp): Promise<void> {
  using client = connect(lane)
  await expect(load(opened.session, one, broken)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  })
  expect(await client.keys('*')).toEqual(['mine'])
  expect(await client.info('keyspace')).not.toMatch(/^db(?![13]:)/m)
}

test('what is damaged is not loaded, and leaves the lane as it was', async () => {
  const damaged = 'ISOLANE_SNAPSHOT_DAMAGED'
  await expectRefusal(
    changed(() => Buffer.alloc(0)),
    damaged,
    /not a file of keys/,
  )
  await expectRefusal(
    changed((keys) => flipped(keys, 3)),
    damaged,
    /not a file of keys/,
  )
  await expectRefusal(
    changed((keys) => keys.subarray(0, 10)),
    damaged,
    /not a file of keys/,
  )
  await expectRefusal(
    changed((keys) => keys.subarray(0, -1)),
    damaged,
    /not a file of keys/,
  )
  await expectRefusal(
    changed((keys) => Buffer.concat([keys, keys.subarray(0, 7)])),
    damaged,
    /not a file of keys/,
  )
  await expectRefusal(
    changed((keys) => keys.subarray(0, 21)),
    damaged,
    /holds 0 keys of the type/,
  )
  await expectRefusal(
    changed((keys) => flipped(keys, keys.length - 20)),
    'ISOLANE_SNAPSHOT_REFUSED',
    /checksum/,
  )
})

test('a file that turns out to be damaged at its end is called so, whatever the server says of it', async () => {
  const { state } = changed((keys) => flipped(keys, keys.length - 20))
  const reader: StateReader = {
    async *read(name) {
      yield* state.read(name)
      throw Object.assign(new Error('changed'), { code: 'ISOLANE_SNAPSHOT_DAMAGED' })
    },
  }
  await expect(supportOf(opened.session).load(one, reader, saved.summary)).rejects.toThrow('changed')
})

test("what is not this server's to read is refused before anything is done", async () => {
  const told = (format: string, details: Record<string, string>) => ({
    state: new MemoryState(),
    summary: { ...saved.summary, format, version: '8.2.1', details },
  })
  const refused = 'ISOLANE_SNAPSHOT_REFUSED'
  await expectRefusal(told('pg_dump', {}), refused, /format is pg_dump/)
  await expectRefusal(told('redis-dump', { server: 'redis', rdb: '13' }), refused, /redis 8.2.1 .* into valkey 9.* 13/)
  await expectRefusal(told('redis-dump', { server: 'valkey', rdb: '999' }), refused, /999.* up to 80/)
})

test('a lane that somebody empties on its way, or whose counts are wrong, is not swapped', async () => {
  const { summary, state } = saved
  await expectRefusal({ state, summary: { ...summary, counts: { string: 2 } } }, 'ISOLANE_SNAPSHOT_DAMAGED', /list/)
  await using alone = await open({ isolation: 'instance' }, { maximumLanes: 1 })
  using client = connect(await alone.session.createLane(one))
  await using loaded = await supportOf(alone.session).load(one, state, summary)
  await client.flushall()
  await client.set('mine', '1')
  await expect(loaded.swap()).rejects.toMatchObject({ code: 'ISOLANE_RESTORE_FAILED' })
  expect(await client.keys('*')).toEqual(['mine'])
})

test('keys go from Redis 6.2 to Valkey 9, and not back', async () => {
  await using old = await open({ version: '6.2' })
  using oldClient = connect(await old.session.createLane(one))
  await oldClient.zadd('scores', '0.1', 'tenth', '-inf', 'least')
  await oldClient.xadd('stream', '1-1', 'a', 'b')
  await oldClient.xgroup('CREATE', 'stream', 'readers', '0')
  await oldClient.xreadgroup('GROUP', 'readers', 'me', 'STREAMS', 'stream', '>')
  await oldClient.set('text', 'a'.repeat(500))
  const older = await save(old.session, one)

  const two = laneId(2)
  using client = connect(await opened.session.createLane(two))
  await load(opened.session, two, older)
  expect(await client.xpending('stream', 'readers')).toEqual([1, '1-1', '1-1', [['me', '1']]])
  const newer = await save(opened.session, two)
  expect(newer.summary.digests).toEqual(older.summary.digests)

  const before = await readAll(oldClient)
  const refusal = { code: 'ISOLANE_SNAPSHOT_REFUSED', message: expect.stringMatching(/valkey 9.*redis 6\.2/) }
  await expect(load(old.session, one, newer)).rejects.toMatchObject(refusal)
  const untold = { state: newer.state, summary: { ...newer.summary, details: {} } }
  await expect(load(old.session, one, untold)).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_REFUSED' })
  expect(await readAll(oldClient)).toEqual(before)
  await opened.session.dropLane(two)
})

test('clients that wait in a lane are served by what is loaded into it', async () => {
  using waiting = connect(lane)
  const popped = waiting.brpop('list', 0)
  using client = connect(lane)
  await expect.poll(() => client.client('LIST'), { interval: 2 }).toMatch(/cmd=brpop/)
  await load(opened.session, one, saved)
  expect(await popped).toEqual(['list', 'b'])
})

test.skipIf(long)(`a server that is killed meanwhile ends in an error, and not in waiting${long}`, async () => {
  await using killed = await open({})
  using client = connect(await killed.session.createLane(one))
  await client.eval(`for i = 1, 30000 do redis.call('set', 'key:' .. i, string.rep('value', 20)) end`, 0)
  const { state, summary } = await save(killed.session, one)
  const reader: StateReader = {
    async *read(name) {
      let pieces = 0
      for await (const piece of state.read(name)) {
        pieces += 1
        if (pieces === 12) process.kill(killed.instance.pid ?? 0, 'SIGKILL')
        yield piece
      }
    },
  }
  const loading = supportOf(killed.session).load(one, reader, summary)
  await expect(loading).rejects.toMatchObject({ code: 'ISOLANE_SERVER_UNREACHABLE' })
})
