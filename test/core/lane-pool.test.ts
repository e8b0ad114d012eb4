import { describe, expect, test } from 'vitest'
import { IsolaneError } from '../../src/core/errors.ts'
import { LanePool } from '../../src/core/lane-pool.ts'
import { type ReportEvent, silent } from '../../src/core/report.ts'
import { MemoryHost } from './memory-host.ts'

function poolOf(host: MemoryHost, options: { limit?: number; leaseTimeout?: number; events?: ReportEvent[] } = {}) {
  return new LanePool({
    hosts: [host],
    limit: options.limit ?? 4,
    leaseTimeout: options.leaseTimeout ?? 5_000,
    report: options.events ? (event) => options.events?.push(event) : silent,
    env: (id) => ({ ISOLANE_LANE: id.name }),
  })
}

const holder = (what: string) => ({ pid: process.pid, what })

describe('leasing', () => {
  test('gives the preferred lane when it is free, another when it is not', async () => {
    const pool = poolOf(new MemoryHost())
    await pool.warm(3)
    await expect.poll(() => pool.status().lanes.every(({ phase }) => phase === 'ready')).toBe(true)
    const second = await pool.lease(holder('a'), 2)
    expect(second.id.name).toBe('lane-2')
    const other = await pool.lease(holder('b'), 2)
    expect(other.id.number).not.toBe(2)
    await pool.close()
  })

  test('never gives one lane to two holders, nor a dirty one to anybody', async () => {
    const host = new MemoryHost()
    const pool = poolOf(host, { limit: 5 })
    await pool.warm(3)
    const held = new Set<number>()
    const worker = async (name: number) => {
      for (let turn = 0; turn < 25; turn += 1) {
        const lane = await pool.lease(holder(`worker ${name}`), (name % 3) + 1)
        expect(held.has(lane.id.number)).toBe(false)
        held.add(lane.id.number)
        const rows = host.lanes.get(lane.id.number)
        expect(rows?.size).toBe(0)
        rows?.add(`${name}`)
        await new Promise(setImmediate)
        expect([...(rows ?? [])]).toEqual([`${name}`])
        held.delete(lane.id.number)
        pool.release(lane.id.number)
      }
    }
    await Promise.all(Array.from({ length: 12 }, (_, name) => worker(name)))
    const { leases, peak, lanes } = pool.status()
    expect(leases.count).toBe(300)
    expect(peak).toBeLessThanOrEqual(5)
    expect(lanes.length).toBeLessThanOrEqual(5)
    await pool.close()
  })

  test('keeps a clean lane waiting for the next one', async () => {
    const host = new MemoryHost()
    const pool = poolOf(host, { limit: 8 })
    await pool.warm(1)
    for (const name of ['a', 'b', 'c']) await pool.lease(holder(name))
    await expect.poll(() => pool.status().lanes.filter(({ phase }) => phase === 'ready').length).toBe(1)
    await pool.close()
  })

  test('serves those who wait in their order', async () => {
    const pool = poolOf(new MemoryHost(), { limit: 1 })
    const first = await pool.lease(holder('first'))
    const order: string[] = []
    const waiting = ['second', 'third'].map(async (name) => {
      const lane = await pool.lease(holder(name))
      order.push(name)
      pool.release(lane.id.number)
    })
    pool.release(first.id.number)
    await Promise.all(waiting)
    expect(order).toEqual(['second', 'third'])
    await pool.close()
  })
})

describe('when lanes run out', () => {
  test('says who holds them and which setting raises the limit', async () => {
    const pool = poolOf(new MemoryHost(), { limit: 1, leaseTimeout: 30 })
    await pool.lease(holder('vitest worker 7'))
    await expect(pool.lease(holder('late'))).rejects.toMatchObject({
      code: 'ISOLANE_LANES_EXHAUSTED',
      message: expect.stringMatching(
        /1 of at most 1 lanes are leased: lane-1 by vitest worker 7 .*`lanes`.*ISOLANE_LANES/,
      ),
    })
    await pool.close()
  })

  test('says why there are not more of them', async () => {
    const host = new MemoryHost()
    const events: ReportEvent[] = []
    const pool = poolOf(host, { leaseTimeout: 30, events })
    host.mostLanes = 2
    const lanes = [await pool.lease(holder('a')), await pool.lease(holder('b'))]
    for (const _again of lanes) {
      await expect(pool.lease(holder('late'))).rejects.toMatchObject({
        code: 'ISOLANE_LANES_EXHAUSTED',
        message: expect.stringMatching(
          /^No lane came free within .*; 2 of at most 4 .*; why there are not more: A lane could not be made \(there is room for 2 lanes only\): see the cause/,
        ),
      })
    }
    expect(events.filter(({ kind }) => kind === 'warning')).toHaveLength(1)
    await pool.close()
  })

  test('a wait that was given up takes no lane', async () => {
    const pool = poolOf(new MemoryHost(), { limit: 1 })
    const first = await pool.lease(holder('first'))
    const gone = new AbortController()
    const waiting = pool.lease(holder('gone'), undefined, gone.signal)
    gone.abort()
    pool.release(first.id.number)
    await expect(waiting).rejects.toMatchObject({ code: 'ISOLANE_ABORTED' })
    await expect(pool.lease(holder('next'))).resolves.toMatchObject({ id: { number: 1 } })
    await pool.close()
  })
})

describe('cleaning', () => {
  test('cuts a gone holder off, but keeps the connections of one that resets its own lane', async () => {
    const host = new MemoryHost()
    const pool = poolOf(host, { limit: 1 })
    const lane = await pool.lease(holder('a'))
    await pool.reset(lane.id.number)
    pool.release(lane.id.number)
    await pool.lease(holder('b'))
    expect(host.resets.map(({ connections }) => connections)).toEqual(['keep', 'close'])
    await pool.close()
  })

  test('a lane that can not be reset is replaced before anybody gets it', async () => {
    const host = new MemoryHost()
    const events: ReportEvent[] = []
    const pool = poolOf(host, { limit: 1, events })
    const lane = await pool.lease(holder('a'))
    host.lanes.get(lane.id.number)?.add('dirt')
    host.failNextReset = true
    pool.release(lane.id.number)
    const next = await pool.lease(holder('b'))
    expect(host.lanes.get(next.id.number)?.size).toBe(0)
    expect(events.map(({ text }) => text).join('\n')).toContain('is replaced')
    await pool.close()
  })

  test('a service that there is not can not be reset, and those that there are are named', async () => {
    const host = new MemoryHost()
    const pool = poolOf(host)
    const lane = await pool.lease(holder('a'))
    await expect(pool.reset(lane.id.number, 'rediss')).rejects.toThrow(
      `The stack has no service "rediss" to reset: choose one of ${host.name}, or none for all [ISOLANE_OPTION_INVALID]`,
    )
    expect(host.resets).toEqual([])
    await pool.close()
  })

  test('a failed reset of a held lane reaches its holder', async () => {
    const host = new MemoryHost()
    const pool = poolOf(host)
    const lane = await pool.lease(holder('a'))
    host.failNextReset = true
    await expect(pool.reset(lane.id.number)).rejects.toMatchObject({ code: 'ISOLANE_RESET_FAILED' })
    await pool.close()
  })
})

describe('when a server is lost', () => {
  test('its lanes are made anew; a held one says that it is lost', async () => {
    const host = new MemoryHost()
    const pool = poolOf(host, { limit: 2 })
    await pool.warm(2)
    const lane = await pool.lease(holder('a'))
    pool.discard()
    await expect(pool.reset(lane.id.number)).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
    pool.release(lane.id.number)
    const again = await Promise.all([pool.lease(holder('b')), pool.lease(holder('c'))])
    expect(new Set(again.map(({ id }) => id.number)).size).toBe(2)
    expect(pool.status().created).toBe(4)
    await pool.close()
  })

  test('only its own lane is made anew, when it served a single one', async () => {
    const host = new MemoryHost()
    const pool = poolOf(host, { limit: 2 })
    const [hit, spared] = [await pool.lease(holder('a')), await pool.lease(holder('b'))]
    pool.discard(hit.id.number)
    await expect(pool.reset(hit.id.number)).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
    await pool.reset(spared.id.number)
    pool.release(hit.id.number)
    await expect.poll(() => pool.status().created).toBe(3)
    await pool.close()
  })

  test('whenever that happens, no lane is handed out that was on it', async () => {
    for (let turns = 0; turns < 30; turns += 1) {
      const host = new MemoryHost()
      const pool = poolOf(host, { limit: 1 })
      const lost = Promise.withResolvers<void>()
      host.afterCreation = async () => {
        host.afterCreation = undefined
        for (let turn = 0; turn < turns; turn += 1) await undefined
        pool.discard()
        lost.resolve()
      }
      await pool.warm(1)
      await lost.promise
      const lane = await pool.lease(holder('a'))
      await pool.reset(lane.id.number)
      expect(host.created).toBe(2)
      await pool.close()
    }
  })

  test('while its lanes wait, they are made again when somebody needs them, not over and over', async () => {
    const host = new MemoryHost()
    const pool = poolOf(host, { limit: 2 })
    await pool.warm(2)
    await expect.poll(() => pool.status().created).toBe(2)
    for (let loss = 0; loss < 3; loss += 1) {
      pool.discard()
      await expect.poll(() => pool.status().lanes.map(({ phase }) => phase)).toEqual(['resting', 'resting'])
    }
    expect(host.created).toBe(2)
    await pool.lease(holder('a'))
    await expect.poll(() => host.created).toBe(4)
    await pool.close()
  })

  test.each(['ISOLANE_DISK_FULL', 'ISOLANE_LANES_EXHAUSTED'] as const)(
    'a lane that can not be made with %s says so in the first line',
    async (code) => {
      const host = new MemoryHost()
      host.failCreation = new IsolaneError({ code, message: 'there is no room', remedy: 'make some' })
      const pool = poolOf(host)
      const refused = { code, message: `there is no room: make some [${code}]` }
      await expect(pool.warm(1)).rejects.toMatchObject(refused)
      await expect(pool.lease(holder('a'))).rejects.toMatchObject(refused)
      await pool.close()
    },
  )

  test('when no lane can be made at all, those who wait are told why', async () => {
    const host = new MemoryHost()
    host.failCreation = new Error('no space left on device')
    const pool = poolOf(host)
    await expect(pool.warm(1)).rejects.toMatchObject({ code: 'ISOLANE_LANE_FAILED' })
    await expect(pool.lease(holder('a'))).rejects.toMatchObject({
      code: 'ISOLANE_LANE_FAILED',
      message: expect.stringContaining('no space left on device'),
    })
    await pool.close()
  })
})
