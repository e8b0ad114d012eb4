/** Isolated stacks on real servers: each lane's Redis starts with it and ends with it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runtimes } from '../../src/builtin.ts'
import type { StackConfig } from '../../src/core/config.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import { cacheFolder } from '../../src/core/folders.ts'
import type { Lane } from '../../src/core/lane.ts'
import type { ReportEvent } from '../../src/core/report.ts'
import { Stack, type StackStatus } from '../../src/core/stack.ts'
import { redis } from '../../src/index.ts'
import { Leftovers } from '../vitest/leftovers.ts'

const holder = { pid: process.pid, what: 'test' }
const isolated: StackConfig = { services: { redis: redis() }, mode: 'isolated' }

let stateFolder: string
let leftovers: Leftovers
let events: ReportEvent[]

beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'isolane-isolated-'))
  leftovers = new Leftovers(stateFolder)
  events = []
})

afterEach(async () => {
  await expect.poll(() => leftovers.list()).toEqual([])
  expect(leftovers.runCount).toBeGreaterThan(0)
  leftovers[Symbol.dispose]()
  rmSync(stateFolder, { recursive: true, force: true })
})

function open(workers: number, config = isolated): Promise<Stack> {
  return Stack.open({
    config: resolveConfig({ runtime: 'native', ...config }, tmpdir(), {}),
    runtimes,
    stateFolder,
    cacheFolder: cacheFolder(),
    workers,
    report: (event) => events.push(event),
    signal: new AbortController().signal,
  })
}

async function withRedis<Result>({ endpoints }: Lane, use: (client: Redis) => Promise<Result>): Promise<Result> {
  const client = new Redis(String(endpoints.redis?.url), { retryStrategy: null })
  try {
    return await use(client)
  } finally {
    client.disconnect()
  }
}

async function pidOf(lane: Lane): Promise<number> {
  const info = await withRedis(lane, (client) => client.info('server'))
  return Number(/process_id:(\d+)/.exec(info)?.[1])
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const ready = ({ pool }: StackStatus) => pool.lanes.filter(({ phase }) => phase === 'ready').length

describe('an isolated stack', () => {
  test('starts a server per lane, side by side under a cap, and one more than there are workers', async () => {
    const stack = await open(4)
    await expect.poll(async () => ready(await stack.status())).toBe(5)
    const { services, mode } = await stack.status()
    expect(mode).toBe('isolated')
    expect(services).toMatchObject([{ isolation: 'instance', instances: 5 }])
    expect(new Set(services[0]?.pids).size).toBe(5)
    const steps = events.flatMap(({ kind, text }) => (text === 'starting' ? 1 : kind === 'done' ? -1 : []))
    const running = steps.map((_, index) => steps.slice(0, index + 1).reduce((sum, step) => sum + step, 0))
    expect(steps).toHaveLength(10)
    expect(Math.max(...running)).toBeLessThanOrEqual(Math.max(2, availableParallelism()))
    await stack.close()
    expect(services[0]?.pids.some(isRunning)).toBe(false)
  })

  test('ends a server when its holder is gone, before the number is used again', async () => {
    const stack = await open(1, { ...isolated, lanes: 1 })
    const lane = await stack.pool.lease(holder)
    const pid = await pidOf(lane)
    await withRedis(lane, (client) => client.set('dirt', '1'))
    stack.pool.release(lane.id.number)
    const next = await stack.pool.lease(holder)
    expect(isRunning(pid)).toBe(false)
    expect(next.id).toEqual(lane.id)
    expect(await withRedis(next, (client) => client.dbsize())).toBe(0)
    await stack.close()
  })

  test('loses one lane with a server that is killed, and serves on', async () => {
    const stack = await open(2)
    const [hit, spared] = [await stack.pool.lease(holder), await stack.pool.lease(holder)]
    process.kill(await pidOf(hit), 'SIGKILL')
    await expect
      .poll(() => stack.pool.reset(hit.id.number).catch((error: { code: string }) => error.code))
      .toBe('ISOLANE_LANE_LOST')
    await stack.pool.reset(spared.id.number)
    stack.pool.release(hit.id.number)
    const next = await stack.pool.lease(holder)
    expect(await withRedis(next, (client) => client.set('key', 'value'))).toBe('OK')
    await stack.close()
  })

  test('leaves nothing when it is closed while servers are starting', async () => {
    const stack = await open(8)
    const { pool } = await stack.status()
    expect(pool.lanes.some(({ phase }) => phase === 'making')).toBe(true)
    await stack.close()
  })
})

describe('one service', () => {
  test('with `isolation: instance`: its server is replaced, the other one is shared', async () => {
    const services = { shared: redis(), own: redis({ isolation: 'instance' }) }
    const stack = await open(1, { services, lanes: 1 })
    const first = await stack.pool.lease(holder)
    stack.pool.release(first.id.number)
    const next = await stack.pool.lease(holder)
    expect(next.endpoints.shared).toEqual(first.endpoints.shared)
    expect(next.endpoints.own?.url).not.toBe(first.endpoints.own?.url)
    const { services: told } = await stack.status()
    expect(told.map(({ name, isolation, instances }) => [name, isolation, instances])).toEqual([
      ['shared', 'shared', 1],
      ['own', 'instance', 1],
    ])
    await stack.close()
  })

  test('a fixed port is for a single server', async () => {
    const stack = await open(1, { ...isolated, services: { redis: redis({ port: 24_680 }) } })
    expect(events.map(({ text }) => text)).toContain(
      'port 24680 is for a single server; with an instance per lane each has a free one',
    )
    await stack.close()
  })
})

describe('a server that is running already', () => {
  test('can not be had once for each lane: they share it, and a line says so', async () => {
    await using server = await openServer()
    const stack = await open(2, { ...isolated, services: { redis: redis(server.access) } })
    const lanes = [await stack.pool.lease(holder), await stack.pool.lease(holder)]
    expect(new Set(await Promise.all(lanes.map(pidOf)))).toEqual(new Set([server.pid]))
    expect(events.map(({ text }) => text)).toContain('is running already, so the lanes share it')
    await stack.close()
    expect(isRunning(server.pid)).toBe(true)
  })

  test('is refused where an instance for each lane is asked for just there', async () => {
    await using server = await openServer()
    const services = { redis: { ...redis(server.access), isolation: 'instance' as const } }
    await expect(open(1, { services })).rejects.toMatchObject({
      code: 'ISOLANE_OPTION_INVALID',
      message: expect.stringMatching(
        /^redis: `isolation: 'instance'` can't be had of a server that is running already/,
      ),
    })
  })
})

/** To these tests it is somebody else's. */
async function openServer() {
  const stack = await open(1, { services: { redis: redis() } })
  const { services } = await stack.status({ passwords: true })
  const [pid = 0] = services[0]?.pids ?? []
  const { host = '', ports, credentials } = services[0]?.endpoints?.[0] ?? {}
  const user = `${credentials?.username}:${credentials?.password}`
  return {
    pid,
    access: { url: `redis://${user}@${host}:${Object.values(ports ?? {})[0]}`, databases: { from: 10, to: 15 } },
    [Symbol.asyncDispose]: () => stack.close(),
  }
}
