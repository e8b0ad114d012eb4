/** Lanes with servers of their own: what the pool starts, ends and hands out, seen in this process. */
import { describe, expect, test } from 'vitest'
import { resolveConfig } from '../../src/core/config-check.ts'
import { LanePool } from '../../src/core/lane-pool.ts'
import { Limiter } from '../../src/core/limiter.ts'
import { type ReportEvent, silent } from '../../src/core/report.ts'
import { redis } from '../../src/index.ts'
import { MemoryHost } from './memory-host.ts'

const holder = { pid: process.pid, what: 'test' }

function poolOf(hosts: readonly MemoryHost[], limit = 8): LanePool {
  return new LanePool({ hosts, limit, leaseTimeout: 5_000, report: silent, env: () => ({}) })
}

function phases(pool: LanePool): string[] {
  return pool.status().lanes.map(({ phase }) => phase)
}

const settled = (pool: LanePool) =>
  expect.poll(() => phases(pool).filter((phase) => phase === 'making' || phase === 'recycling')).toEqual([])

describe('an instance per lane', () => {
  test('is not handed on: the next holder gets another one', async () => {
    const host = new MemoryHost('own', 'instance')
    const events: ReportEvent[] = []
    const report = (event: ReportEvent) => events.push(event)
    const pool = new LanePool({ hosts: [host], limit: 1, leaseTimeout: 5_000, report, env: () => ({}) })
    const first = await pool.lease(holder)
    pool.release(first.id.number)
    const next = await pool.lease(holder)
    expect(next.id).toEqual(first.id)
    expect(next.endpoints.own?.url).not.toBe(first.endpoints.own?.url)
    expect(host.resets).toEqual([])
    // That it is replaced is what was asked for, and no news.
    expect(events).toEqual([])
    await pool.close()
  })

  test('is reset by its holder', async () => {
    const host = new MemoryHost('own', 'instance')
    const pool = poolOf([host])
    const lane = await pool.lease(holder)
    await pool.reset(lane.id.number)
    expect(host.resets).toEqual([{ number: lane.id.number, connections: 'keep' }])
    expect(host.lanes.has(lane.id.number)).toBe(true)
    await pool.close()
  })

  test('the next one is warm while tests run, and none is started for nobody at the end', async () => {
    const host = new MemoryHost('own', 'instance')
    const pool = poolOf([host])
    await pool.warm(4)
    await settled(pool)
    expect(phases(pool)).toEqual(['ready', 'ready', 'ready', 'ready'])
    const worker = async () => {
      for (let file = 0; file < 4; file += 1) {
        const lane = await pool.lease(holder)
        await new Promise(setImmediate)
        pool.release(lane.id.number)
      }
    }
    await Promise.all([worker(), worker(), worker()])
    await settled(pool)
    expect(phases(pool).filter((phase) => phase === 'ready')).toHaveLength(1)
    expect(host.lanes.size).toBe(1)
    // One for each file, and the one that waited for the next.
    expect(host.created).toBe(3 * 4 + 1)
    await pool.close()
  })

  test('those that rest are made again when another run announces its workers', async () => {
    const host = new MemoryHost('own', 'instance')
    const pool = poolOf([host])
    await pool.warm(3)
    const lanes = [await pool.lease(holder), await pool.lease(holder), await pool.lease(holder)]
    for (const { id } of lanes) pool.release(id.number)
    await settled(pool)
    expect(phases(pool).filter((phase) => phase === 'ready')).toHaveLength(1)
    await pool.warm(3)
    await settled(pool)
    expect(phases(pool).filter((phase) => phase === 'ready')).toHaveLength(3)
    await pool.close()
  })

  test('that is lost takes only its own lane along', async () => {
    const host = new MemoryHost('own', 'instance')
    const pool = poolOf([host])
    const [hit, spared] = [await pool.lease(holder), await pool.lease(holder)]
    pool.discard(hit.id.number)
    await expect(pool.reset(hit.id.number)).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
    await pool.reset(spared.id.number)
    await pool.close()
  })

  test('when it can not be made, those who wait are told why, though other lanes rest', async () => {
    const host = new MemoryHost('own', 'instance')
    const pool = poolOf([host], 2)
    const lanes = [await pool.lease(holder), await pool.lease(holder)]
    host.failCreation = new Error('no memory left')
    for (const { id } of lanes) pool.release(id.number)
    await settled(pool)
    await expect(pool.lease(holder)).rejects.toMatchObject({
      code: 'ISOLANE_LANE_FAILED',
      message: expect.stringContaining('no memory left'),
    })
    await pool.close()
  })
})

describe('one service with an instance per lane, the other shared', () => {
  test('the own part is replaced, the shared part reset', async () => {
    const [own, shared] = [new MemoryHost('own', 'instance'), new MemoryHost('shared')]
    const pool = poolOf([shared, own], 1)
    const first = await pool.lease(holder)
    pool.release(first.id.number)
    const next = await pool.lease(holder)
    expect(next.endpoints.shared).toEqual(first.endpoints.shared)
    expect(next.endpoints.own?.url).not.toBe(first.endpoints.own?.url)
    expect(shared.resets).toEqual([{ number: 1, connections: 'close' }])
    expect(own.resets).toEqual([])
    await pool.close()
  })

  test('a shared part that can not be reset is replaced too', async () => {
    const [own, shared] = [new MemoryHost('own', 'instance'), new MemoryHost('shared')]
    const pool = poolOf([shared, own], 1)
    const first = await pool.lease(holder)
    shared.lanes.get(1)?.add('dirt')
    shared.failNextReset = true
    pool.release(first.id.number)
    await pool.lease(holder)
    expect(shared.lanes.get(1)?.size).toBe(0)
    expect(shared.created).toBe(2)
    await pool.close()
  })

  test('a shared server lost while a lane rests is noticed when the lane is needed again', async () => {
    const [own, shared] = [new MemoryHost('own', 'instance'), new MemoryHost('shared')]
    const pool = poolOf([shared, own])
    const lanes = [await pool.lease(holder), await pool.lease(holder)]
    for (const { id } of lanes) pool.release(id.number)
    await settled(pool)
    expect(phases(pool)).toContain('resting')
    const before = shared.created
    pool.discard()
    const renewed = [await pool.lease(holder), await pool.lease(holder)]
    expect(shared.created).toBeGreaterThanOrEqual(before + 2)
    expect(renewed.every(({ endpoints }) => Number(endpoints.shared?.url.split('/').at(-1)) > before)).toBe(true)
    await pool.close()
  })
})

test('a limiter runs as many at once as it may, and all of them in their order', async () => {
  const limiter = new Limiter(3)
  const begun: number[] = []
  let running = 0
  let most = 0
  const task = (number: number) => async () => {
    begun.push(number)
    running += 1
    most = Math.max(most, running)
    await new Promise(setImmediate)
    running -= 1
    if (number % 4 === 0) throw new Error(`task ${number}`)
    return number
  }
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, number) => limiter.run(task(number))))
  expect(most).toBe(3)
  expect(begun).toEqual(Array.from({ length: 20 }, (_, number) => number))
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(5)
})

describe('mode: auto', () => {
  const modeIn = (environment: NodeJS.ProcessEnv) =>
    resolveConfig({ services: { redis: redis() }, mode: 'auto' }, '/', environment).mode

  test('is isolated on CI, and shared elsewhere', () => {
    expect(modeIn({ CI: 'true' })).toBe('isolated')
    expect(modeIn({ CI: 'false' })).toBe('shared')
    expect(modeIn({})).toBe('shared')
  })

  test('ISOLANE_MODE comes before it', () => {
    expect(modeIn({ CI: 'true', ISOLANE_MODE: 'shared' })).toBe('shared')
  })
})

test('an isolation that there is not is refused', () => {
  const config = { services: { redis: { ...redis(), isolation: 'instanec' as never } } }
  expect(() => resolveConfig(config, '/', {})).toThrow(/services.redis.isolation.*Expected "shared" or "instance"/)
})
