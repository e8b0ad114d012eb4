import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RedisLane } from '../../../src/services/redis/index.ts'
import { attach, type Stranger, startStranger } from './attach-fixture.ts'
import { connect, laneId, type Opened, outcome } from './fixture.ts'

const close = { connections: 'close' } as const
const keep = { connections: 'keep' } as const

async function seed({ lane }: { lane: RedisLane }): Promise<void> {
  using client = connect(lane)
  await client.multi().set('seeded', '1').set('session', '1', 'EX', 100).exec()
}

function texts({ reports }: Opened, kind: string): string[] {
  return reports.filter((event) => event.kind === kind).map(({ text }) => text)
}

/** Another process that holds lanes; killed when disposed of. */
async function holder(url: string, range: { from: number; to: number }, lanes: number) {
  const program = fileURLToPath(new URL('./fixtures/hold-numbers.ts', import.meta.url))
  const environment = { REDIS_URL: url, FROM: String(range.from), TO: String(range.to), LANES: String(lanes) }
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const [line] = await once(createInterface(child.stdout), 'line')
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return { pid: child.pid, lanes: JSON.parse(String(line)) as RedisLane[], kill, [Symbol.asyncDispose]: kill }
}

describe.each(['valkey@9', '6.2'])('attached to %s', (version) => {
  let stranger: Stranger
  let before: unknown

  beforeAll(async () => {
    stranger = await startStranger({ version })
    await stranger.owner.mset('theirs', '1', 'isolane:theirs', 'no mark of ours')
    for (const database of [1, 12]) {
      await stranger.owner.eval(`redis.call('select', ARGV[1]) redis.call('set', 'theirs', '1')`, 0, database)
    }
    before = await stranger.contents()
  })
  afterAll(() => stranger?.[Symbol.asyncDispose]())

  /** Whatever a test did: nothing is changed and nothing left. */
  const untouched = async () => expect(await stranger.contents()).toEqual(before)

  test('lanes lie in granted numbers only; keys of others stay, and nothing of ours', async () => {
    await using opened = await attach({ url: stranger.url, databases: { from: 8, to: 13 }, seed })
    const lanes = await Promise.all([1, 2, 3].map((number) => opened.session.createLane(laneId(number))))
    expect(lanes.map(({ database }) => database).sort()).toEqual([10, 11, 13])
    expect(texts(opened, 'warning').filter((text) => text.includes('DB 12'))).toHaveLength(1)
    for (const [index, lane] of lanes.entries()) {
      using client = connect(lane)
      expect((await client.keys('*')).sort()).toEqual(['seeded', 'session'])
      await client.mset('written', '1', 'seeded', 'changed')
      await opened.session.resetLane(laneId(index + 1), index === 0 ? close : keep)
      using again = connect(lane)
      expect((await again.keys('*')).sort()).toEqual(['seeded', 'session'])
      expect(await again.get('seeded')).toBe('1')
      expect(await again.ttl('session')).toBeGreaterThan(95)
    }
    expect(await opened.session.details()).toEqual({
      databases: '10, 11, 13 for lanes, 9 for the template, 8 for the record (granted: 8–13)',
      user: expect.stringMatching(/^isolane-[0-9a-f]{12}-lane-1, … /),
    })
    await opened.session.dropLane(laneId(2))
    await opened[Symbol.asyncDispose]()
    await untouched()
  })

  test('what is under way when the session ends leaves nothing either', async () => {
    const opened = await attach({ url: stranger.url, databases: { from: 14, to: 22 }, seed })
    await opened.session.createLane(laneId(1))
    const under = [2, 3, 4].map((number) => opened.session.createLane(laneId(number)))
    const resets = [1, 1, 1].map((number) => opened.session.resetLane(laneId(number), close))
    const settled = Promise.allSettled([...under, ...resets])
    await opened[Symbol.asyncDispose]()
    await settled
    await untouched()
  })

  test('DB 0 is taken only when it is named, and then only when it is empty', async () => {
    const refused = attach({ url: stranger.url, databases: { from: 0, to: 3 } })
    await expect(refused).rejects.toMatchObject({
      code: 'ISOLANE_ATTACH_REFUSED',
      message: expect.stringMatching(/DB 0.*record.*not ours.*from: 1/s),
    })
    await untouched()
  })

  test('without a grant nothing is touched, and the option to write is told', async () => {
    await expect(attach({ url: stranger.url })).rejects.toMatchObject({
      code: 'ISOLANE_ATTACH_REFUSED',
      message: expect.stringContaining('redis({ databases: { from: 8, to: 15 } })'),
    })
    await untouched()
  })

  test('numbers beyond what the server has are refused', async () => {
    await expect(attach({ url: stranger.url, databases: { from: 20, to: 24 } })).rejects.toMatchObject({
      code: 'ISOLANE_ATTACH_REFUSED',
      message: expect.stringMatching(/20–24.*only 0–23/),
    })
    await untouched()
  })

  test('a wrong password is one error without the password', async () => {
    const url = stranger.url.replace(/:[^:@]*@/, ':wrong-secret@')
    const error = await attach({ url, databases: { from: 8, to: 13 } }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: expect.stringMatching(/does not let us in.*WRONGPASS.*user and password/),
    })
    const { inspect } = await import('node:util')
    expect(inspect(error, { depth: 10 })).not.toMatch(/wrong-secret|the-owners/)
  })

  test('sessions and processes side by side share no number; out of numbers, it is told who holds them', async () => {
    const databases = { from: 14, to: 22 }
    await using first = await attach({ url: stranger.url, databases, seed })
    await using second = await attach({ url: stranger.url, databases })
    await using other = await holder(stranger.url, databases, 2)
    const made = await Promise.all(
      [first, second, first, second].map(({ session }, index) => session.createLane(laneId(index + 1))),
    )
    const numbers = [...made, ...other.lanes].map(({ database }) => database)
    expect(new Set(numbers).size).toBe(6)
    expect(numbers).not.toContain(14)

    const last = await second.session.createLane(laneId(9))
    const error = (await second.session.createLane(laneId(10)).catch((reason: unknown) => reason)) as Error
    expect(error).toMatchObject({ code: 'ISOLANE_LANES_EXHAUSTED' })
    expect(error.message).toContain(`by pid ${other.pid} on `)
    expect(error.message).toMatch(/\/a\/project, since 20.*`databases`/)

    await first.session.dropLane(laneId(1))
    const freed = await second.session.createLane(laneId(10))
    expect(freed.database).toBe(made[0]?.database)
    expect(freed.database).not.toBe(last.database)
  })

  test('what a killed run held comes back at once, empty, and its users are gone', async () => {
    const databases = { from: 14, to: 16 }
    const killed = await holder(stranger.url, databases, 2)
    const [old] = killed.lanes
    if (!old) throw new Error('no lane')
    using client = connect(old)
    await client.set('left', 'over')
    await killed.kill()

    await using opened = await attach({ url: stranger.url, databases })
    expect(texts(opened, 'info')).toEqual([expect.stringContaining(`pid ${killed.pid}`)])
    expect(await outcome(client.get('left'))).toMatch(/closed|retries/)
    const lane = await opened.session.createLane(laneId(1))
    expect(lane.database).toBe(old.database)
    using again = connect(lane)
    expect(await again.dbsize()).toBe(0)
    await opened[Symbol.asyncDispose]()
    await untouched()
  })

  test('a holder on another machine keeps its numbers until its lease runs out', async () => {
    const databases = { from: 14, to: 16 }
    const record = async (act: (client: Redis) => Promise<unknown>) => {
      const client = new Redis(stranger.url, { db: 14 })
      await act(client).finally(() => client.disconnect())
    }
    const killed = await holder(stranger.url, databases, 2)
    await killed.kill()
    await record(async (client) => {
      const fields = await client.hgetall('isolane:leases')
      const [name = '', text = ''] = Object.entries(fields).find(([field]) => field.startsWith('session:')) ?? []
      await client.hset('isolane:leases', name, JSON.stringify({ ...JSON.parse(text), machine: 'elsewhere' }))
    })
    await using opened = await attach({ url: stranger.url, databases })
    await expect(opened.session.createLane(laneId(1))).rejects.toMatchObject({ code: 'ISOLANE_LANES_EXHAUSTED' })
    await record(async (client) => {
      const fields = await client.hgetall('isolane:leases')
      const own = Object.keys(fields).filter((field) => field.startsWith('until:'))
      const [seconds] = await client.time()
      for (const field of own) await client.hset('isolane:leases', field, Number(seconds) * 1000 - 1)
    })
    expect((await opened.session.createLane(laneId(1))).database).toBe(15)
    await opened[Symbol.asyncDispose]()
    await untouched()
  })

  test('leases are renewed well before they run out', async () => {
    const lease = 600
    await using opened = await attach({ url: stranger.url, databases: { from: 14, to: 16 } }, lease)
    await opened.session.createLane(laneId(1))
    const client = new Redis(stranger.url, { db: 14 })
    const until = async () => {
      const fields = await client.hgetall('isolane:leases')
      return Number(Object.entries(fields).find(([field]) => field.startsWith('until:'))?.[1])
    }
    const first = await until()
    await expect.poll(until, { interval: 20 }).toBeGreaterThan(first + 2 * lease)
    client.disconnect()
  })

  test('a record that somebody empties is noticed: lanes are leased anew, and filled at the next reset', async () => {
    await using opened = await attach({ url: stranger.url, databases: { from: 14, to: 18 }, seed }, 600)
    const lane = await opened.session.createLane(laneId(1))
    const client = new Redis(stranger.url, { db: 14 })
    await client.flushdb()
    await opened.session.resetLane(laneId(1), keep)
    using first = connect(lane)
    expect(await first.dbsize()).toBe(2)
    expect(texts(opened, 'warning').join()).toContain('leased anew')

    await client.flushdb()
    await expect.poll(() => client.hexists('isolane:leases', `number:${lane.database}`)).toBe(1)
    client.disconnect()
    await opened[Symbol.asyncDispose]()
    await untouched()
  })

  test('a number that another session has got in the meantime is lost, told, and never emptied', async () => {
    const databases = { from: 14, to: 18 }
    await using opened = await attach({ url: stranger.url, databases })
    const lane = await opened.session.createLane(laneId(1))
    const client = new Redis(stranger.url, { db: 14 })
    await client.flushdb()
    client.disconnect()
    await using other = await attach({ url: stranger.url, databases })
    const theirs = await other.session.createLane(laneId(1))
    expect(theirs.database).toBe(lane.database)
    using writer = connect(theirs)
    await writer.set('theirs', '1')

    await expect(opened.session.resetLane(laneId(1), close)).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
    using intruder = connect(lane)
    expect(await outcome(intruder.get('theirs'))).toMatch(/WRONGPASS|closed/)
    await opened.session.dropLane(laneId(1))
    expect(await writer.get('theirs')).toBe('1')
    expect((await opened.session.createLane(laneId(1))).database).not.toBe(theirs.database)
    await opened[Symbol.asyncDispose]()
    expect(await writer.get('theirs')).toBe('1')
  })

  test('a user that may make no others: all lanes use it, and what is not kept apart is told', async () => {
    await stranger.owner.call('ACL', 'SETUSER', 'plain', 'on', '>plain', '~*', '&*', '+@all', '-acl', '-config')
    const url = `redis://plain:plain@127.0.0.1:${stranger.port}`
    const opened = await attach({ url, databases: { from: 14, to: 18 }, seed })
    const [one, two] = [await opened.session.createLane(laneId(1)), await opened.session.createLane(laneId(2))]
    expect(texts(opened, 'warning')).toEqual([expect.stringMatching(/ACL SETUSER.*FLUSHALL/)])
    expect(one).toMatchObject({ username: 'plain', password: 'plain' })
    expect(one.database).not.toBe(two.database)
    const bystander = new Redis(url, { retryStrategy: () => null })
    using client = connect(one)
    await client.set('written', '1')
    await opened.session.resetLane(laneId(1), close)
    expect(await client.dbsize()).toBe(2)
    expect(await bystander.ping()).toBe('PONG')
    bystander.disconnect()
    await opened[Symbol.asyncDispose]()
    await stranger.owner.call('ACL', 'DELUSER', 'plain')
    await untouched()
  })

  test('a lane’s user keeps out of what is not ours', async () => {
    await using opened = await attach({ url: stranger.url, databases: { from: 14, to: 16 } })
    using client = connect(await opened.session.createLane(laneId(1)))
    const attempts = [
      ['SELECT', 0],
      ['FLUSHALL'],
      ['SWAPDB', 0, 15],
      ['CONFIG', 'GET', 'requirepass'],
      ['MONITOR'],
      ['ACL', 'LIST'],
      ['EVAL', `redis.call('select', 1) return redis.call('flushdb')`, 0],
    ] as const
    for (const [command, ...rest] of attempts) {
      expect(String(await outcome(client.call(command, ...rest))), command).toMatch(
        /NOPERM|ACL failure|can't run this command/,
      )
    }
  })
})
