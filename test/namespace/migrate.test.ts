import { join } from 'node:path'
import { execa } from 'execa'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { packageRoot } from '../../src/core/package-root.ts'
import type { NamespaceMigration, NamespaceMigrationOptions } from '../../src/namespace/migrate/contract.ts'
import { redisMigration } from '../../src/namespace/migrate/redis.ts'
import { keyspace } from '../../src/namespace/redis/keyspace.ts'
import { long } from '../long.ts'
import { contents, fill } from './commands/values.ts'
import { type Server, startServer } from './servers.ts'

let server: Server
let plain: Redis
let migration: NamespaceMigration

beforeAll(async () => {
  server = await startServer('valkey@9')
  plain = server.connect()
  migration = await redisMigration({ url: server.url, password: server.password, prefix: 'dev' })
})
beforeEach(() => plain.flushall())
afterAll(async () => {
  await migration?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

const { signal } = new AbortController()
const all = (options: Partial<NamespaceMigrationOptions> = {}): NamespaceMigrationOptions => {
  return { undo: false, batch: 7, signal, progress: () => {}, ...options }
}

test('every kind of value gets the prefix, keeps its lifetime, and comes back as it was', async () => {
  const filling = plain.pipeline().set('isolane:mark', '1')
  fill(filling, '', '')
  await filling.del('dev:string1').exec()
  const before = await contents(plain)
  const ours = before.filter((line) => line.startsWith('isolane:'))
  const theirs = before.filter((line) => !ours.includes(line))
  const plan = await migration.plan(all())
  expect(plan).toMatchObject({ toChange: theirs.length, done: 0, collided: 0 })
  expect(plan.examples).toHaveLength(10)
  expect(await contents(plain)).toEqual(before)

  expect(await migration.run(all())).toMatchObject({ changed: theirs.length, collided: 0 })
  expect(await contents(plain)).toEqual([...theirs.map((line) => `dev:${line}`), ...ours].sort())
  expect(await keyspace(plain, 'dev').get('string1')).toBe('11')
  expect(await migration.run(all())).toMatchObject({ changed: 0, done: theirs.length })

  expect(await migration.run(all({ undo: true }))).toMatchObject({ changed: theirs.length, collided: 0 })
  expect(await contents(plain)).toEqual(before)
})

test('a name that is taken is left alone, both ways', async () => {
  await plain.mset('a', '1', 'dev:a', '2', 'b', '3')
  const collided = { collided: 1, collisions: ['a: dev:a exists too'] }
  expect(await migration.plan(all())).toMatchObject({ ...collided, toChange: 1, examples: ['b → dev:b'] })
  expect(await migration.run(all())).toMatchObject({ ...collided, changed: 1 })
  expect(await plain.mget('a', 'dev:a', 'dev:b')).toEqual(['1', '2', '3'])
  const back = { collided: 1, changed: 1, collisions: ['dev:a: a exists too'] }
  expect(await migration.run(all({ undo: true }))).toMatchObject(back)
  expect(await plain.mget('a', 'dev:a', 'b')).toEqual(['1', '2', '3'])
})

test('what is in another namespace stays there, both ways, and so does what would come into one', async () => {
  const keys = ['a', 'dev:x', 'dev:y', 'test:x', 'team:x', 'staging:dev:z', 'development:x']
  await plain.mset(Object.fromEntries(keys.map((key) => [key, key])))
  const open = (namespaces?: string[]) =>
    redisMigration({ url: server.url, password: server.password, prefix: 'staging', namespaces })
  await using staging = await open()
  const others = { elsewhere: 3, elsewhereOf: expect.arrayContaining(['2 of dev:', '1 of test:']), collided: 0 }
  expect(await staging.plan(all())).toMatchObject({ ...others, toChange: 3, done: 1 })
  expect(await staging.run(all())).toMatchObject({ ...others, changed: 3 })
  const moved = ['staging:a', 'staging:team:x', 'staging:development:x']
  const stayed = ['dev:x', 'dev:y', 'test:x', 'staging:dev:z']
  expect((await plain.keys('*')).sort()).toEqual([...moved, ...stayed].sort())
  expect((await keyspace(plain, 'dev').keys('*')).sort()).toEqual(['x', 'y'])

  const back = { elsewhere: 1, elsewhereOf: ['1 of dev:'] }
  expect(await staging.plan(all({ undo: true }))).toMatchObject({ ...back, toChange: 3, done: 3 })
  expect(await staging.run(all({ undo: true }))).toMatchObject({ ...back, changed: 3 })
  expect((await plain.keys('*')).sort()).toEqual(['a', 'team:x', 'development:x', ...stayed].sort())

  await using named = await open(['staging', 'team'])
  expect(await named.run(all())).toMatchObject({ changed: 5, elsewhere: 1, elsewhereOf: ['1 of team:'] })
})

test('two at once, ended in between and told to stop', async () => {
  await plain.mset(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key:${at}`, at])))
  const stop = new AbortController()
  const stopped = migration.run(all({ signal: stop.signal, progress: () => stop.abort(new Error('stopped')) }))
  await expect(stopped).rejects.toThrow('stopped')
  await using other = await redisMigration({ url: server.url, password: server.password, prefix: 'dev' })
  const both = await Promise.all([migration.run(all()), other.run(all())])
  expect(both.map(({ collided }) => collided)).toEqual([0, 0])
  expect(await plain.keys('key:*')).toEqual([])
  expect(await plain.dbsize()).toBe(500)
})

test.skipIf(long)(`killed in the middle, it goes on where it was${long}`, async () => {
  await plain.mset(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key:${at}`, at])))
  for (const undo of [false, true]) {
    const env = { REDIS_URL: server.url, REDIS_PASSWORD: server.password }
    const program = join(packageRoot(), 'test/namespace/fixtures/migrate-and-die.ts')
    for (const time of ['once', 'twice']) {
      const killed = await execa('node', [program, ...(undo ? ['--undo'] : [])], { env, reject: false })
      expect(killed.signal, time).toBe('SIGKILL')
    }
    const done = (await plain.keys(undo ? 'key:*' : 'dev:*')).length
    expect(done).toBeGreaterThan(20)
    expect(await migration.run(all({ undo }))).toMatchObject({ changed: 500 - done, collided: 0 })
  }
  expect(await plain.mget('key:0', 'key:499')).toEqual(['0', '499'])
})

test.skipIf(long)(`from the command line${long}`, async () => {
  await plain.mset('a', '1', 'b', '2', 'dev:b', '3')
  const env = { REDIS_URL: server.url, REDIS_PASSWORD: server.password, REDIS_USERNAME: '' }
  const isolane = (...args: string[]) =>
    execa('node', [join(packageRoot(), 'test/namespace/fixtures/command.ts'), 'namespace', 'migrate', ...args], {
      env,
      reject: false,
    })
  const dry = await isolane('--redis', '--prefix', 'dev', '--dry-run')
  expect(dry).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/1 keys would change.*\n {2}a → dev:a\n1 left/),
  })
  expect(await isolane('--redis', server.url, '--prefix', 'dev')).toMatchObject({ exitCode: 1 })
  expect((await plain.keys('*')).sort()).toEqual(['b', 'dev:a', 'dev:b'])
  await plain.del('b')
  expect(await isolane('--redis', '--prefix', 'dev', '--undo')).toMatchObject({ exitCode: 0 })
  expect((await plain.keys('*')).sort()).toEqual(['a', 'b'])
  await plain.set('team:a', '1')
  const team = await isolane('--redis', '--prefix', 'dev', '--namespaces', 'dev, team')
  expect(team).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/2 keys changed.*\n1 left.*\n {2}1 of team:/),
  })
  expect((await plain.keys('*')).sort()).toEqual(['dev:a', 'dev:b', 'team:a'])

  const secret = await isolane('--redis', 'redis://:hidden@127.0.0.1', '--prefix', 'dev')
  expect(secret).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('was given a password') })
  expect(secret.stderr).not.toContain('hidden')
  expect(await isolane('--redis')).toMatchObject({ exitCode: 2 })
})

test('what can not be migrated', async () => {
  const open = (url: string, prefix = 'dev') => redisMigration({ url, password: 'hidden', prefix })
  await expect(open('http://a')).rejects.toMatchObject({ code: 'ISOLANE_OPTION_INVALID' })
  await expect(open('redis://a/b')).rejects.toMatchObject({ code: 'ISOLANE_OPTION_INVALID' })
  await expect(open(server.url, 'a:b')).rejects.toMatchObject({ code: 'ISOLANE_OPTION_INVALID' })
  const wrong = await open(server.url).catch((error: Error) => error)
  expect(wrong).toMatchObject({ code: 'ISOLANE_SERVER_UNREACHABLE' })
  expect(String(wrong)).not.toContain('hidden')
})
