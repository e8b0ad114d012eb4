import { expect, test } from 'vitest'
import { resolveConfig } from '../../../src/core/config-check.ts'
import { versionedImage } from '../../../src/core/image-version.ts'
import { parseVersions, versionsOf, withVersions } from '../../../src/core/versions.ts'
import { type RedisOptions, redis } from '../../../src/services/redis/index.ts'
import { redisVersions } from '../../../src/services/redis/versions.ts'

const refused = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) })

test.each<[RedisOptions, string]>([
  [{}, 'valkey@9'],
  [{ version: '7' }, '7'],
  [{ version: 'redis@6.2' }, '6.2'],
  [{ version: 'redis' }, '6.2'],
  [{ version: 'valkey' }, 'valkey@9'],
  [{ version: 'valkey@8.1' }, 'valkey@8.1'],
  [{ image: 'redis:7.2-alpine' }, '7.2'],
  [{ image: 'localhost:5000/valkey/valkey:8@sha256:1234' }, 'valkey@8'],
  [{ image: 'localhost:5000/redis:latest' }, '6.2'],
  [{ image: 'registry.example/redis:{version}', version: '7' }, '7'],
])('%o asks for %s', (options, version) => {
  expect(redisVersions.of(options)).toBe(version)
})

test.each<[RedisOptions, string, RedisOptions]>([
  [{}, '7', { version: '7' }],
  [{ version: '7', port: 7000 }, 'valkey@9', { version: 'valkey@9', port: 7000 }],
  [{ version: 'valkey@9' }, 'redis@6.2', { version: '6.2' }],
  [{ image: 'mine/valkey:{version}' }, 'valkey@8', { image: 'mine/valkey:{version}', version: 'valkey@8' }],
])('%o with %s', (options, version, expected) => {
  expect(redisVersions.with(options, version)).toEqual(expected)
})

test.each<[RedisOptions, string, string, RegExp]>([
  [{}, '5', 'ISOLANE_VERSION_UNSUPPORTED', /older than redis 6.2/],
  [{}, '', 'ISOLANE_VERSION_UNSUPPORTED', /no version/],
  [{ url: 'redis://localhost' }, '7', 'ISOLANE_OPTION_INVALID', /`url`/],
  [{ image: 'mine/redis:7' }, '6.2', 'ISOLANE_OPTION_INVALID', /mine\/redis:7 .*\{version\}/],
  [{ image: 'mine/redis:{version}' }, 'valkey@9', 'ISOLANE_OPTION_INVALID', /not one of Valkey 9/],
])('%o with %s is refused', (options, version, code, message) => {
  expect(() => redisVersions.with(options, version)).toThrow(expect.objectContaining(refused(code, message)))
})

test('an image has its version where its name says', () => {
  const { service, options } = redis({ image: 'mine/redis:{version}-alpine', version: '7' })
  const { signal } = new AbortController()
  const context = { name: 'cache', root: '/', maximumLanes: 1, report: () => {}, signal }
  const spec = service.spec(options, { ...context, credentials: { username: 'a', password: 'b' } })
  expect(spec.container).toMatchObject({ image: 'mine/redis:7-alpine', command: ['redis-server', expect.any(String)] })
  expect(versionedImage('a/b', '7')).toBe('a/b')
})

test('a stack of Redis becomes one of Valkey', () => {
  const config = resolveConfig({ services: { cache: redis({ version: '7' }), other: redis() } }, '/')
  const other = withVersions(config, parseVersions('cache=valkey@9', 'test'))
  expect(versionsOf(config)).toEqual({ cache: '7', other: 'valkey@9' })
  expect(versionsOf(other)).toEqual({ cache: 'valkey@9', other: 'valkey@9' })
  expect(other.name).toBe('default-cache-valkey-9')
})

test.each([
  ['6.2', '7'],
  ['6.2', '8'],
  ['7', '8'],
  ['7', '7'],
  ['7.0', '7'],
  ['6.2', 'valkey@7.2'],
  ['7', 'valkey@9'],
  ['7.2', 'valkey@8'],
  ['valkey@8', 'valkey@9'],
  ['valkey@9', 'valkey@9.1'],
])('from %s to %s there is one way', (from, to) => {
  expect(redisVersions.upgrade(from, to)).toEqual([{ name: 'RDB', warnings: expect.any(Array) }])
})

test.each([
  ['7', '6.2', /Redis 7 .* to Redis 6.2, as an older version.*: keep 7 or go up/],
  ['7.2', '7.0', /older version/],
  ['valkey@9', 'valkey@8', /keep valkey@9 or go up/],
  ['7.4', 'valkey@9', /RDB version 12.*no Valkey reads: go to a newer Redis/],
  ['8', 'valkey@8', /RDB version 12/],
  ['valkey@8', '8', /no Redis vouches.*stay with Valkey/],
  ['valkey@9', '7', /format of its own/],
])('from %s to %s there is none, which is told with what works', (from, to, message) => {
  const error = expect.objectContaining(refused('ISOLANE_UPGRADE_REFUSED', message))
  expect(() => redisVersions.upgrade(from, to)).toThrow(error)
})

test('what does not come along, and what behaves differently, is told', () => {
  const warnings = (from: string, to: string) => redisVersions.upgrade(from, to)[0].warnings.join(' ')
  expect(warnings('6.2', '7')).toMatch(/only a snapshot from before.*functions.*acl-pubsub-default/)
  expect(warnings('6.2', '7')).not.toMatch(/modules|7\.4/)
  expect(warnings('7', '8')).toMatch(/@read/)
  expect(warnings('7', '8')).not.toMatch(/acl-pubsub-default/)
  expect(warnings('7', 'valkey@9')).toMatch(/modules of Redis.*7\.4/)
  expect(warnings('7.2', 'valkey@9')).not.toMatch(/7\.4/)
  expect(warnings('7', '7')).not.toMatch(/only a snapshot/)
})

test.each([['redis@5'], ['latest'], ['valkey@7.0']])('%s is no version', (version) => {
  expect(() => redisVersions.upgrade(version, 'valkey@9')).toThrow(
    expect.objectContaining({ code: 'ISOLANE_VERSION_UNSUPPORTED' }),
  )
})
