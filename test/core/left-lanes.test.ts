import { describe, expect, test } from 'vitest'
import { LanePool } from '../../src/core/lane-pool.ts'
import { silent } from '../../src/core/report.ts'
import { MemoryHost } from './memory-host.ts'

const holder = { pid: process.pid, what: 'worker', snapshot: 'after-run' }

interface Ground {
  readonly host: MemoryHost
  readonly pool: LanePool
}

function poolOf(limit: number): Ground {
  const host = new MemoryHost()
  return { host, pool: new LanePool({ hosts: [host], limit, leaseTimeout: 5_000, report: silent, env: () => ({}) }) }
}

/** A worker's turn: a clean lane, and what it leaves there. */
async function use({ host, pool }: Ground, file: string): Promise<number> {
  const { id } = await pool.lease(holder)
  expect([...(host.lanes.get(id.number) ?? [])]).toEqual([])
  host.lanes.get(id.number)?.add(file)
  await new Promise(setImmediate)
  pool.release(id.number)
  return id.number
}

/** What was left, by the order of the lanes' numbers. */
const left = ({ host, pool }: Ground) =>
  pool
    .status()
    .lanes.filter(({ phase, snapshot }) => phase === 'left' && snapshot === 'after-run')
    .flatMap(({ name }) => [...(host.lanes.get(Number(name.slice(5))) ?? [])])

const settled = async ({ pool }: Ground) => {
  await expect.poll(() => pool.status().lanes.every(({ phase }) => phase === 'left' || phase === 'ready')).toBe(true)
}

describe('a lane that is left for a snapshot', () => {
  test.each([1, 2, 3, 8])('is the one that a single worker has used last, of at most %i', async (limit) => {
    const ground = poolOf(limit)
    await ground.pool.warm(1)
    for (let file = 1; file <= 7; file += 1) await use(ground, `file ${file}`)
    await settled(ground)
    expect(left(ground)).toContain('file 7')
    expect(ground.pool.status().lanes.length).toBeLessThanOrEqual(Math.min(limit, 2))
    await ground.pool.close()
  })

  test.each([4, 5, 8])('is that of each of four workers, of at most %i', async (limit) => {
    const ground = poolOf(limit)
    await ground.pool.warm(4)
    const last: string[] = []
    const worker = async (name: number) => {
      for (let turn = 1; turn <= 6; turn += 1) await use(ground, `file ${name}.${turn}`)
      const { id } = await ground.pool.lease(holder)
      ground.host.lanes.get(id.number)?.add(`last of ${name}`)
      last.push(`last of ${name}`)
      return id.number
    }
    const numbers = await Promise.all([1, 2, 3, 4].map(worker))
    for (const number of numbers) ground.pool.release(number)
    await settled(ground)
    expect(left(ground)).toEqual(expect.arrayContaining(last))
    expect(ground.pool.status().lanes.length).toBeLessThanOrEqual(Math.min(limit, 5))
    await ground.pool.close()
  })

  test('is made clean for whoever needs it, the oldest first, and one ahead', async () => {
    const ground = poolOf(3)
    const lanes = [await ground.pool.lease(holder), await ground.pool.lease(holder), await ground.pool.lease(holder)]
    for (const { id } of lanes.toReversed()) {
      ground.host.lanes.get(id.number)?.add(id.name)
      ground.pool.release(id.number)
    }
    expect(left(ground)).toEqual(['lane-1', 'lane-2', 'lane-3'])
    expect((await ground.pool.lease(holder, 1)).id.name).toBe('lane-3')
    expect(left(ground)).toEqual(['lane-1'])
    expect((await ground.pool.lease(holder, 1)).id.name).toBe('lane-2')
    expect(left(ground)).toEqual([])
    await ground.pool.close()
  })

  test('is made clean when nobody wants it any longer', async () => {
    const ground = poolOf(2)
    const number = await use(ground, 'file')
    ground.pool.letGo(`lane-${number}`)
    await settled(ground)
    expect(left(ground)).toEqual([])
    expect(() => ground.pool.letGo(`lane-${number}`)).toThrow(/ISOLANE_OPTION_INVALID/)
    await ground.pool.close()
  })

  test('is gone with its server, and so is one that was lost while it was held', async () => {
    const ground = poolOf(2)
    await use(ground, 'file')
    const held = await ground.pool.lease(holder)
    ground.pool.discard()
    expect(left(ground)).toEqual([])
    ground.pool.release(held.id.number)
    expect(left(ground)).toEqual([])
    for (const _again of [1, 2]) await use(ground, 'other')
    await ground.pool.close()
  })

  test('has no marks any more', async () => {
    const ground = poolOf(1)
    const { id } = await ground.pool.lease(holder)
    await ground.pool.mark(id.number, 'm')
    ground.pool.release(id.number)
    expect(left(ground)).toEqual([])
    await expect.poll(() => ground.host.marks).toBe(0)
    expect(ground.pool.status().lanes[0]?.phase).toBe('left')
    await ground.pool.close()
  })

  test('does not keep a run that needs more lanes from having them', async () => {
    const ground = poolOf(3)
    for (let round = 0; round < 2; round += 1) {
      const lanes = await Promise.all([1, 2, 3].map(() => ground.pool.lease(holder)))
      for (const { id } of lanes) ground.pool.release(id.number)
    }
    await ground.pool.warm(3)
    await settled(ground)
    expect(ground.pool.status().lanes.map(({ phase }) => phase)).toContain('ready')
    await ground.pool.close()
  })

  test('is not given up for another run as long as there is room for more lanes', async () => {
    const ground = poolOf(6)
    for (const file of ['one', 'two']) {
      const { id } = await ground.pool.lease(holder)
      ground.host.lanes.get(id.number)?.add(file)
    }
    for (const number of [1, 2]) ground.pool.release(number)
    await ground.pool.warm(3)
    const another = { pid: process.pid, what: 'another', snapshot: 'of another run' }
    for (let count = 3; count <= 5; count += 1) await ground.pool.lease(another)
    expect(left(ground)).toEqual(['one', 'two'])
    await ground.pool.lease(another)
    expect(left(ground).length).toBeLessThan(2)
    await ground.pool.close()
  })

  test('is given up when there is room, and yet no other lane can be made', async () => {
    const ground = poolOf(4)
    ground.host.mostLanes = 2
    const lanes = [await ground.pool.lease(holder), await ground.pool.lease(holder)]
    for (const { id } of lanes) ground.pool.release(id.number)
    const another = { pid: process.pid, what: 'another' }
    const got = [await ground.pool.lease(another), await ground.pool.lease(another)]
    expect(new Set(got.map(({ id }) => id.name)).size).toBe(2)
    await ground.pool.close()
  })
})
