import { Redis as Client, Cluster, type Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { keyspace } from '../../src/namespace/redis/keyspace.ts'
import { ServerTable } from '../../src/namespace/redis/server-table.ts'
import { type Server, startServer } from './servers.ts'

let server: Server
let plain: Redis
let dev: Redis

beforeAll(async () => {
  server = await startServer('valkey@9')
  plain = server.connect()
  dev = keyspace(plain, 'dev')
})
beforeEach(() => plain.flushall())
afterAll(() => server?.[Symbol.asyncDispose]())

const refused = { code: 'ISOLANE_QUERY_REFUSED' }
const keys = async () => (await plain.keys('*')).sort()

test('whole databases are answered for the namespace alone', async () => {
  await plain.mset('theirs', '1', 'dev', '2', 'device', '3', 'dev2:a', '4')
  expect([await dev.dbsize(), await dev.randomkey(), await dev.keys('*')]).toEqual([0, null, []])
  await dev.mset({ a: 1, 'dev:a': 2 })
  expect([await dev.dbsize(), (await dev.keys('*')).sort(), await dev.keys('d*')]).toEqual([
    2,
    ['a', 'dev:a'],
    ['dev:a'],
  ])
  expect(['a', 'dev:a']).toContain(await dev.randomkey())
  expect((await dev.scanStream({ match: 'd*' }).toArray()).flat()).toEqual(['dev:a'])
  expect((await dev.scanBufferStream().toArray()).flat()).toHaveLength(2)
  expect(await dev.flushdb()).toBe('OK')
  expect(await keys()).toEqual(['dev', 'dev2:a', 'device', 'theirs'])
})

test('pipelines and transactions', async () => {
  expect(await dev.pipeline().set('a', '1').flushall().get('a').dbsize().exec()).toEqual([
    [null, 'OK'],
    [expect.objectContaining(refused)],
    [null, '1'],
    [null, 1],
  ])
  expect(await dev.multi().lpush('list', '1').blpop('list', 0).keys('*').flushdb().dbsize().exec()).toEqual([
    [null, 1],
    [null, ['list', '1']],
    [null, ['a']],
    [null, 'OK'],
    [null, 0],
  ])
  // What is refused takes the whole transaction with it, as with an error of the server.
  const broken = dev.multi().set('b', '1').swapdb(0, 1)
  await expect(broken.exec()).rejects.toMatchObject({ previousErrors: [refused] })
  expect(await keys()).toEqual([])

  await dev.multi({ pipeline: false })
  await dev.lpush('l', 'x')
  await dev.blpop('l', 0)
  await dev.keys('*')
  expect(await dev.exec()).toEqual([
    [null, 1],
    [null, ['l', 'x']],
    [null, []],
  ])
  for (const command of ['flushall', 'no.such']) {
    await dev.multi({ pipeline: false })
    await expect(dev.call(command, 'a')).rejects.toMatchObject(refused)
    await expect(dev.exec()).rejects.toThrow(/EXECABORT/)
  }
})

test('scripts get their keys with the prefix, also after the server has forgotten them', async () => {
  dev.defineCommand('push', { lua: "return { redis.call('RPUSH', KEYS[1], ARGV[1]), KEYS[1] }", numberOfKeys: 1 })
  const { push } = dev as unknown as { push: (...args: string[]) => Promise<unknown> }
  expect(await push.call(dev, 'list', 'list')).toEqual([1, 'dev:list'])
  await plain.script('FLUSH')
  expect(await push.call(dev, 'list', 'b')).toEqual([2, 'dev:list'])
  expect(await plain.lrange('dev:list', 0, -1)).toEqual(['list', 'b'])
  const sha = await dev.script('LOAD', "return redis.call('LLEN', KEYS[1])")
  expect(await dev.evalsha(String(sha), 1, 'list')).toBe(2)
  await expect(dev.eval('return 1', '1e0', 'list')).rejects.toMatchObject(refused)
})

test('keys behind words, patterns, and names that read like words', async () => {
  await dev.rpush('ids', '2', '1')
  await dev.mset('weight_1', '9', 'weight_2', '1', 'name_1', 'one', 'name_2', 'two')
  await plain.mset('weight_1', '0', 'weight_2', '5', 'name_1', 'wrong')
  expect(await dev.sort('ids', 'BY', 'weight_*', 'GET', 'name_*', 'GET', '#')).toEqual(['two', '2', 'one', '1'])
  expect(await dev.sort('ids', 'BY', 'nosort', 'STORE', 'STORE')).toBe(2)
  await dev.geoadd('places', 1, 1, 'a')
  await dev.georadius('places', 1, 1, 5, 'KM', 'STORE', 'first', 'STOREDIST', 'second')
  await dev.xadd('stream', '1-1', 'a', 'b')
  await dev.xgroup('CREATE', 'stream', 'g', '0')
  expect(await dev.xread('COUNT', 1, 'STREAMS', 'stream', '0')).toEqual([['stream', [['1-1', ['a', 'b']]]]])
  const group = await dev.xreadgroup('GROUP', 'g', 'STREAMS', 'STREAMS', 'stream', '>')
  expect(group).toEqual([['stream', [['1-1', ['a', 'b']]]]])
  expect((await keys()).filter((key) => !key.startsWith('dev:'))).toEqual(['name_1', 'weight_1', 'weight_2'])
})

test('bytes stay what they are', async () => {
  const key = Buffer.from([0xff, 0x00, 0x0d, 0x0a])
  await dev.lpush(key, key)
  expect(await dev.keysBuffer('*')).toEqual([key])
  expect(await dev.callBuffer('BLPOP', key, '0')).toEqual([key, key])
})

test('options of the client go on to hold', async () => {
  const prefixed = keyspace(server.connect({ keyPrefix: 'app:' }), 'dev')
  await prefixed.set('a', '1')
  expect(await keys()).toEqual(['dev:app:a'])
  const gathering = server.connect({ enableAutoPipelining: true })
  const both = keyspace(gathering, 'dev')
  await Promise.all([both.set('b', '1'), gathering.set('b', '2'), both.incr('b'), gathering.incr('b')])
  expect(await plain.mget('dev:b', 'b')).toEqual(['2', '3'])
  const newer = keyspace(server.connect({ protocol: 3 }), 'dev')
  await newer.xadd('s', '1-1', 'a', 'b')
  expect(await newer.xread('STREAMS', 's', '0')).toEqual([['s', [['1-1', ['a', 'b']]]]])
  expect(await newer.duplicate().get('b')).toBe('2')
})

test('what would reach further is refused in one line', async () => {
  const all = [
    'flushall',
    'swapdb 0 1',
    'monitor',
    'slowlog get',
    'client kill x',
    'client tracking on',
    'config set a b',
  ]
  for (const line of [
    ...all,
    'cluster info',
    'debug sleep 0',
    'function flush',
    'script flush',
    'reset',
    'no.such a',
  ]) {
    const [command = '', ...args] = line.split(' ')
    await expect(dev.call(command, ...args), line).rejects.toMatchObject({ ...refused, message: /^[A-Z. ]+.*: .+$/ })
  }
  await expect(dev.monitor()).rejects.toMatchObject(refused)
  expect(await dev.config('GET', 'maxmemory')).toHaveLength(2)
})

test('the server is asked where the keys are when its table does not say', async () => {
  const table = ServerTable.of(plain)
  expect(await table.keyPositions('eval', ['return 1', '1', 'a', 'a', '1'])).toEqual([2])
  expect(await table.keyPositions('zunionstore', ['a', '2', 'a', 'b', 'WEIGHTS', '1', '2'])).toEqual([0, 2, 3])
  await expect(table.keyPositions('ping', [])).rejects.toMatchObject(refused)
})

test('without the table nothing is sent', async () => {
  await plain.call('ACL', 'SETUSER', 'blind', 'on', '>secret', '~*', '+@all', '-command')
  const blind = keyspace(server.connect({ username: 'blind', password: 'secret' }), 'dev')
  await expect(Promise.all([blind.set('a', '1')])).rejects.toMatchObject({ ...refused, message: /COMMAND is refused/ })
  expect(await keys()).toEqual([])
})

test('what can not be a namespace', () => {
  for (const name of ['', 'a:b', 'de*', 'dev ', '-a']) expect(() => keyspace(plain, name)).toThrow(/can't be the name/)
  expect(() => keyspace(dev, 'more')).toThrow(/has a namespace already/)
  const cluster = new Cluster([], { lazyConnect: true }) as unknown as Redis
  expect(() => keyspace(cluster, 'dev')).toThrow(/a Cluster/)
  cluster.disconnect()
  expect(dev).toBeInstanceOf(Client)
})
