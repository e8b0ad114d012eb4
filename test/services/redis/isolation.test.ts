import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RedisLane } from '../../../src/services/redis/index.ts'
import { connect, laneId, type Opened, open, outcome } from './fixture.ts'

/** Redis 6.2 and Valkey 9.1 are what can be provided; a Redis 7 is used where the machine has one. */
const confined = 'valkey@9'
const guarded = '6.2'

describe.each([confined, guarded])('lanes on %s', (version) => {
  let opened: Opened
  let one: RedisLane
  let two: RedisLane

  beforeAll(async () => {
    opened = await open({ version })
    one = await opened.session.createLane(laneId(1))
    two = await opened.session.createLane(laneId(2))
  })
  afterAll(() => opened?.[Symbol.asyncDispose]())

  test('hold their own keys', async () => {
    using first = connect(one)
    using second = connect(two)
    await first.set('who', 'one')
    await second.set('who', 'two')

    expect(await first.get('who')).toBe('one')
    expect(await second.get('who')).toBe('two')
    expect(await first.dbsize()).toBe(1)
  })

  test('are neither in DB 0 nor in the same one', () => {
    expect(new Set([0, 1, 2, one.database, two.database]).size).toBe(5)
    expect(one.username).not.toBe(two.username)
    expect(one.password).not.toBe(two.password)
  })

  test('keep out of all other databases', async () => {
    using client = connect(one)
    await client.set('mine', '1')
    const attempts = [
      ['SELECT', 0],
      ['SELECT', two.database],
      ['MOVE', 'mine', two.database],
      ['SWAPDB', one.database, two.database],
      ['FLUSHALL'],
      ['EVAL', `redis.call('select', ${two.database}) return redis.call('set', 'leak', '1')`, 0],
      ['EVAL', `return redis.call('flushall')`, 0],
      ['CONFIG', 'SET', 'maxmemory', '1'],
      ['ACL', 'SETUSER', 'lane-1', 'allcommands'],
      ['CLIENT', 'KILL', 'TYPE', 'normal'],
      ['SCRIPT', 'FLUSH'],
      ['SHUTDOWN', 'NOSAVE'],
      ['SAVE'],
      ['DEBUG', 'SLEEP', '0'],
      ['REPLICAOF', 'NO', 'ONE'],
    ] as const
    for (const [command, ...rest] of attempts) {
      expect(String(await outcome(client.call(command, ...rest))), command).toMatch(
        /NOPERM|ACL failure|can't run this command|DEBUG command not allowed/,
      )
    }
    using neighbour = connect(two)
    expect(await neighbour.exists('leak')).toBe(0)
    expect(await client.get('mine')).toBe('1')
  })

  test('can do what applications do', async () => {
    using client = connect(one)
    expect(await client.call('SELECT', one.database)).toBe('OK')
    expect(await client.call('COPY', 'mine', 'copy')).toBe(1)
    expect(await client.config('GET', 'maxmemory')).toContain('maxmemory')
    expect(await client.client('ID')).toBeTypeOf('number')
    expect(await client.info('server')).toContain('redis_version')
    expect(await client.eval(`return redis.call('incr', KEYS[1])`, 1, 'count')).toBe(1)
    expect(await client.multi().set('a', '1').get('a').exec()).toEqual([
      [null, 'OK'],
      [null, '1'],
    ])
    expect(await client.flushdb()).toBe('OK')
  })

  test('let nobody in without a password', async () => {
    using stranger = connect({ ...one, url: `redis://${one.host}:${one.port}/${one.database}` })
    expect(await outcome(stranger.get('who'))).toMatch(/NOAUTH|disabled/)
    using guesser = connect({ ...one, url: `redis://default:guess@${one.host}:${one.port}/0` })
    expect(await outcome(guesser.get('who'))).toMatch(/NOAUTH|WRONGPASS|closed/)
  })

  test('can be dropped and made again, without their old password', async () => {
    const old = await opened.session.createLane(laneId(3))
    using client = connect(old)
    await client.set('left', 'over')
    await opened.session.dropLane(laneId(3))
    expect(await outcome(client.get('left'))).toMatch(/closed|retries/)

    const made = await opened.session.createLane(laneId(3))
    using again = connect(made)
    expect(await again.dbsize()).toBe(0)
    using before = connect(old)
    expect(await outcome(before.ping())).toMatch(/WRONGPASS|closed|NOAUTH/)
  })
})

test('Valkey 9.1 keeps a lane inside its database', async () => {
  await using opened = await open({ version: confined })
  const one = await opened.session.createLane(laneId(1))
  const two = await opened.session.createLane(laneId(2))
  using client = connect(one)
  await client.set('mine', '1')

  expect(await outcome(client.call('COPY', 'mine', 'leak', 'DB', two.database))).toMatch(/NOPERM/)
  using lost = connect(one, { db: 0 })
  expect(await outcome(lost.set('stray', '1'))).toMatch(/NOPERM/)
})

test('Redis 6.2: keys of a client that forgot its database are removed, and said once', async () => {
  await using opened = await open({ version: guarded })
  const one = await opened.session.createLane(laneId(1))
  using lost = connect(one, { db: 0 })
  await lost.set('stray', '1')
  await opened.session.resetLane(laneId(1), { connections: 'keep' })
  expect(await lost.dbsize()).toBe(0)
  await lost.set('stray', '2')
  await opened.session.resetLane(laneId(1), { connections: 'keep' })
  expect(await lost.dbsize()).toBe(0)

  const warnings = opened.reports.filter(({ kind, text }) => kind === 'warning' && text.includes('DB 0'))
  expect(warnings).toEqual([
    { kind: 'warning', subject: 'cache', text: expect.stringMatching(/^1 key was .*REDIS_DB/) },
  ])
})
