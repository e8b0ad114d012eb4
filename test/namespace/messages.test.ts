import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyspace } from '../../src/namespace/redis/keyspace.ts'
import { type Server, startServer } from './servers.ts'

let server: Server
let plain: Redis
let dev: Redis

beforeAll(async () => {
  server = await startServer('valkey@9')
  plain = server.connect()
  dev = keyspace(plain, 'dev')
  await plain.config('SET', 'notify-keyspace-events', 'KEA')
})
afterAll(() => server?.[Symbol.asyncDispose]())

test.each([2, 3] as const)('messages reach their own namespace, by short names (RESP%i)', async (protocol) => {
  const connection = server.connect({ protocol })
  const subscriber = keyspace(connection, 'dev')
  const heard: unknown[] = []
  subscriber.on('message', (...message) => heard.push(message))
  subscriber.on('messageBuffer', (channel) => heard.push(channel))
  subscriber.on('pmessage', (...message) => heard.push(message))
  subscriber.on('smessage', (...message) => heard.push(message))
  await connection.subscribe('news')
  expect(await subscriber.subscribe('news', 'more')).toBe(3)
  await subscriber.psubscribe('n?ws')
  await subscriber.ssubscribe('shard')
  expect([await dev.publish('news', 'ours'), await plain.publish('news', 'theirs')]).toEqual([2, 1])
  expect(await dev.spublish('shard', 'one')).toBe(1)
  expect((await dev.pubsub('CHANNELS')).sort()).toEqual(['more', 'news'])
  expect(await dev.pubsub('CHANNELS', 'n*')).toEqual(['news'])
  expect(await dev.pubsub('NUMSUB', 'news', 'none')).toEqual(['news', 1, 'none', 0])

  // Only this namespace's subscriptions end.
  await subscriber.unsubscribe()
  await subscriber.punsubscribe()
  await subscriber.sunsubscribe()
  expect(await plain.pubsub('CHANNELS')).toEqual(['news'])
  await connection.unsubscribe()
  const expected = [['news', 'ours'], Buffer.from('news'), ['n?ws', 'news', 'ours'], ['shard', 'one']]
  expect(heard).toEqual(expected)
})

test("the server's own notifications", async () => {
  const subscriber = keyspace(server.connect(), 'dev')
  await subscriber.psubscribe('__keyspace@0__:a*', '__keyevent@0__:*')
  const heard: unknown[] = []
  subscriber.on('pmessage', (_, ...message) => heard.push(message))
  await plain.set('abroad', '1')
  await dev.set('at home', '1')
  await subscriber.ping()
  expect(heard).toEqual([
    ['__keyspace@0__:at home', 'set'],
    ['__keyevent@0__:set', 'at home'],
  ])
  await expect(dev.psubscribe('__key*__:*')).rejects.toMatchObject({ code: 'ISOLANE_QUERY_REFUSED' })
  await expect(dev.publish('__keyevent@0__:set', 'a')).rejects.toMatchObject({ code: 'ISOLANE_QUERY_REFUSED' })
})

test('listeners come and go as with any emitter', async () => {
  const subscriber = keyspace(server.connect(), 'dev')
  const heard: string[] = []
  const listener = (_: string, message: string) => void heard.push(message)
  expect(subscriber.on('message', listener).once('message', (_, message) => void heard.push(`once ${message}`))).toBe(
    subscriber,
  )
  await subscriber.subscribe('c')
  await dev.publish('c', '1')
  await dev.publish('c', '2')
  await subscriber.ping()
  expect([subscriber.listenerCount('message'), heard]).toEqual([1, ['1', 'once 1', '2']])
  subscriber.off('message', listener)
  expect(subscriber.listeners('message')).toEqual([])
})
