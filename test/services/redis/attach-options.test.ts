import { expect, test } from 'vitest'
import type { SpecContext } from '../../../src/core/contracts.ts'
import { silent } from '../../../src/core/report.ts'
import { type RedisOptions, redis } from '../../../src/services/redis/index.ts'

function attachedTo(options: RedisOptions, environment: SpecContext['environment'] = {}) {
  const { service, options: checked } = redis(options)
  const credentials = { username: 'unused', password: 'unused' }
  const signal = new AbortController().signal
  const context = {
    name: 'cache',
    root: '/a/project',
    maximumLanes: 4,
    report: silent,
    signal,
    credentials,
    environment,
  }
  return service.spec(checked, context).attach
}

test('the option comes before the environment', () => {
  const url = 'rediss://me:p%40ss@cache.example:6380/3?family=6'
  expect(attachedTo({ url }, { REDIS_URL: 'redis://other' })).toEqual({
    url,
    host: 'cache.example',
    ports: { redis: 6380 },
    credentials: { username: 'me', password: 'p@ss' },
  })
  expect(redis({ url }).runtime).toBe('attach')
  expect(redis().runtime).toBeUndefined()
})

test('REDIS_URL comes before REDIS_HOST and its companions', () => {
  const parts = { REDIS_HOST: '::1', REDIS_PORT: '7000', REDIS_USERNAME: 'me', REDIS_PASSWORD: 'a/b@c' }
  expect(attachedTo({}, { ...parts, REDIS_URL: 'redis://:secret@host' })).toMatchObject({
    host: 'host',
    ports: { redis: 6379 },
    credentials: { username: '', password: 'secret' },
  })
  expect(attachedTo({}, parts)).toEqual({
    url: 'redis://me:a%2Fb%40c@[::1]:7000',
    host: '::1',
    ports: { redis: 7000 },
    credentials: { username: 'me', password: 'a/b@c' },
  })
  expect(attachedTo({}, { REDIS_HOST: 'host' })).toMatchObject({ url: 'redis://host:6379' })
})

test.each([{}, { REDIS_URL: '' }, { REDIS_URL: 'localhost:6379' }, { REDIS_URL: 'redis://%@host' }])(
  'environment %j names no server',
  (environment) => {
    expect(attachedTo({}, environment)).toBeUndefined()
  },
)

test.each<[RedisOptions, RegExp]>([
  [{ url: 'http://host' }, /option "url"/],
  [{ url: 'redis://me:hidden@' }, /option "url"/],
  [{ url: 'redis://host', port: 6379 }, /"port".*"url"/],
  [{ url: 'redis://host', image: 'redis:7' }, /"image".*"url"/],
  [{ url: 'redis://host', isolation: 'instance' }, /"isolation".*"url"/],
  [{ databases: { from: 8, to: 8 } }, /option "databases".*`to` above `from`/],
  [{ databases: { from: -1, to: 8 } }, /option "databases\.from"/],
  [{ databases: { from: 1, to: 8.5 } }, /option "databases\.to"/],
])('options %j are refused', (options, message) => {
  expect(() => redis(options)).toThrow(message)
  expect(() => redis(options)).not.toThrow(/hidden/)
})
