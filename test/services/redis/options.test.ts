import { expect, test } from 'vitest'
import { type RedisOptions, redis, redisEngine } from '../../../src/services/redis/index.ts'
import { parseVersion } from '../../../src/services/redis/options.ts'
import { laneId, open } from './fixture.ts'

test.each([
  ['7', { name: 'redis', version: '7' }],
  ['6.2', { name: 'redis', version: '6.2' }],
  ['redis@7.2.4', { name: 'redis', version: '7.2.4' }],
  ['valkey@9.1', { name: 'valkey', version: '9.1' }],
  ['valkey', { name: 'valkey', version: '9' }],
  [undefined, undefined],
])('version %j', (text, wanted) => {
  expect(parseVersion(text)).toEqual(wanted)
})

test.each(['5', '6.0', 'redis@4', 'valkey@7.0', 'latest', 'keydb@6'])('version %j is refused', (version) => {
  expect(() => redis({ version })).toThrow(expect.objectContaining({ code: 'ISOLANE_VERSION_UNSUPPORTED' }))
})

test.each<[unknown, RegExp]>([
  [{ sed: () => {} }, /unknown option "sed"; did you mean "seed"/],
  [{ port: 'six' }, /option "port"/],
  [{ seed: './seed.txt' }, /option "seed".*function/],
  [{ isolation: 'total' }, /option "isolation"/],
  [{ version: 7 }, /option "version"/],
])('options %j are refused', (options, message) => {
  expect(() => redis(options as RedisOptions)).toThrow(message)
})

test('only what can be provided has packages', () => {
  expect(redisEngine('6.2').packages.length).toBeGreaterThan(0)
  expect(redisEngine('valkey@9').packages.length).toBeGreaterThan(0)
  expect(redisEngine('7').packages.map(({ name }) => name)).toContain('org.signal:embedded-redis')
  expect(redisEngine('7.0.15').packages.length).toBeGreaterThan(0)
  for (const version of ['7.2', '7.4', '8', 'valkey@8']) expect(redisEngine(version).packages).toEqual([])
  expect(redisEngine().alternatives?.map(({ name, version }) => `${name}@${version}`)).toEqual([
    'valkey@8',
    'redis@8',
    'redis@7',
    'redis@6.2',
  ])
})

test('isolation is told to whoever opens the service', () => {
  expect(redis({ isolation: 'instance' }).isolation).toBe('instance')
  expect(redis().isolation).toBeUndefined()
})

test('a lane tells how it is reached', async () => {
  await using opened = await open({ version: 'valkey@9' })
  const lane = await opened.session.createLane(laneId(1))
  expect(structuredClone(lane)).toEqual({
    url: `redis://lane-1:${lane.password}@127.0.0.1:${lane.port}/${lane.database}`,
    host: '127.0.0.1',
    port: opened.instance.endpoint.ports.redis,
    username: 'lane-1',
    password: expect.stringMatching(/^[\w-]{20,}$/),
    database: 3,
    server: 'valkey',
    version: expect.stringMatching(/^9\.\d+\.\d+$/),
  })
  const { service } = redis()
  expect(Object.keys(service.env(lane)).sort()).toEqual(Object.keys(service.env(service.nowhere)).sort())
})
