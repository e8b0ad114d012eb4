import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LanePool } from '../../src/core/lane-pool.ts'
import type { SavedLane } from '../../src/core/lane-states.ts'
import type { ReportEvent } from '../../src/core/report.ts'
import { MemoryHost } from './memory-host.ts'

const holder = { pid: process.pid, what: 'worker' }

let folder: string
let first: MemoryHost
let second: MemoryHost
let pool: LanePool
let events: ReportEvent[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isolane-lane-states-'))
  events = []
  ;[first, second] = [new MemoryHost('first'), new MemoryHost('second')]
  pool = new LanePool({
    hosts: [first, second],
    limit: 4,
    leaseTimeout: 5_000,
    report: (event) => events.push(event),
    env: () => ({}),
  })
})

afterEach(async () => {
  await pool.close()
  rmSync(folder, { recursive: true, force: true })
})

const add = (number: number, item: string) => {
  for (const host of [first, second]) host.lanes.get(number)?.add(item)
}
const items = (number: number) => [first, second].map((host) => [...(host.lanes.get(number) ?? [])])

/** Leases a lane with one item in each service. */
async function lease(): Promise<number> {
  const { id } = await pool.lease(holder)
  add(id.number, 'one')
  return id.number
}

const save = async (number: number): Promise<SavedLane> => pool.saveState(`lane-${number}`, folder)
const load = (number: number, saved: SavedLane) => pool.loadState(`lane-${number}`, folder, saved, number)

describe('a mark', () => {
  test('brings all services back, as often as it is asked to, and is replaced by another of its name', async () => {
    const number = await lease()
    await pool.mark(number, 'm')
    add(number, 'two')
    expect(await pool.restoreMark(number, 'm')).toBe(true)
    expect(items(number)).toEqual([['one'], ['one']])
    add(number, 'three')
    await pool.mark(number, 'm')
    await pool.reset(number)
    expect(await pool.restoreMark(number, 'm')).toBe(true)
    expect(items(number)).toEqual([['one', 'three'], ['one', 'three']]) // biome-ignore format: side by side
    expect([first.marks, second.marks]).toEqual([1, 1])
    expect(await pool.restoreMark(number, 'other')).toBe(false)
  })

  test('is gone when the lane changes hands', async () => {
    const number = await lease()
    await pool.mark(number, 'a')
    await pool.mark(number, 'b')
    pool.release(number)
    await expect.poll(() => [first.marks, second.marks]).toEqual([0, 0])
    await expect.poll(() => pool.status().lanes[number - 1]?.phase).toBe('ready')
    const again = await pool.lease(holder, number)
    expect(again.id.number).toBe(number)
    expect(await pool.restoreMark(number, 'a')).toBe(false)
  })

  test('that one service can not make is made in none, and the one before it stays', async () => {
    const number = await lease()
    await pool.mark(number, 'm')
    add(number, 'two')
    second.failNextMark = true
    await expect(pool.mark(number, 'm')).rejects.toMatchObject({
      code: 'ISOLANE_SNAPSHOT_FAILED',
      message: expect.stringContaining('the mark was refused'),
    })
    expect([first.marks, second.marks]).toEqual([1, 1])
    await pool.restoreMark(number, 'm')
    expect(items(number)).toEqual([['one'], ['one']])
  })

  test('that can not be brought back makes the lane unusable, and nobody gets it', async () => {
    const number = await lease()
    await pool.mark(number, 'm')
    add(number, 'two')
    second.failNextRestore = true
    await expect(pool.restoreMark(number, 'm')).rejects.toMatchObject({ code: 'ISOLANE_RESTORE_FAILED' })
    await expect(pool.reset(number)).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
    await expect(save(number)).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
    await replaced(number)
  })
})

describe('saved and loaded', () => {
  test('all services are what they were, and nothing stays behind', async () => {
    const number = await lease()
    const described = await pool.describeState(`lane-${number}`)
    const saved = await save(number)
    expect(await pool.stateSize(`lane-${number}`)).toBe(200)
    expect(saved).toMatchObject({
      first: { kind: 'memory', template: 'template', state: described.first },
      second: { kind: 'memory', files: [{ name: 'items.zst' }] },
    })
    expect(JSON.parse(JSON.stringify(saved))).toEqual(saved)
    const other = await lease()
    add(other, 'two')
    await load(other, saved)
    expect(items(other)).toEqual([['one'], ['one']])
    expect([first.loads, second.loads]).toEqual([0, 0])
  })

  test('services that were not saved stay as they are', async () => {
    const number = await lease()
    const { first: part } = await save(number)
    add(number, 'two')
    await load(number, { ...(part ? { first: part } : {}), second: { kind: 'memory', unsupported: 'as it was' } })
    expect(items(number)).toEqual([['one'], ['one', 'two']])
  })

  test('when one service can not be swapped in, those before it go back', async () => {
    const number = await lease()
    const saved = await save(number)
    add(number, 'two')
    second.failNextSwap = true
    await expect(load(number, saved)).rejects.toMatchObject({
      code: 'ISOLANE_RESTORE_FAILED',
      message: expect.stringMatching(/the swap was refused.*the lane is as it was/),
    })
    expect(items(number)).toEqual([['one', 'two'], ['one', 'two']]) // biome-ignore format: side by side
    expect([first.loads, second.loads]).toEqual([0, 0])
    await load(number, saved)
    expect(items(number)).toEqual([['one'], ['one']])
  })

  test('when one can not even go back, the lane is used no more', async () => {
    const number = await lease()
    const saved = await save(number)
    add(number, 'two')
    second.failNextSwap = true
    first.failNextSwapBack = true
    await expect(load(number, saved)).rejects.toMatchObject({
      code: 'ISOLANE_RESTORE_FAILED',
      message: expect.stringContaining('the lane is used no more'),
    })
    expect(second.lanes.get(number)).toEqual(new Set(['one', 'two']))
    await expect(load(number, saved)).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
    await replaced(number)
  })

  test('when one is damaged, nothing is swapped in, and what was loaded of the others goes', async () => {
    const number = await lease()
    const saved = await save(number)
    add(number, 'two')
    const path = join(folder, 'second', 'items.zst')
    writeFileSync(path, readFileSync(path).subarray(1))
    await expect(load(number, saved)).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_DAMAGED' })
    expect(items(number)).toEqual([['one', 'two'], ['one', 'two']]) // biome-ignore format: side by side
    expect([first.loads, second.loads]).toEqual([0, 0])
    await pool.reset(number)
  })

  test("into another one's lane is refused", async () => {
    const [mine, other] = [await lease(), await lease()]
    const saved = await save(mine)
    await expect(pool.loadState(`lane-${other}`, folder, saved, mine)).rejects.toMatchObject({
      code: 'ISOLANE_SNAPSHOT_REFUSED',
      message: expect.stringContaining(`lane-${other} is in use by worker (pid ${process.pid})`),
    })
    await expect(pool.loadState('lane-9', folder, saved)).rejects.toMatchObject({ code: 'ISOLANE_OPTION_INVALID' })
  })

  test('of a service that the stack has not, or has of another kind, is refused', async () => {
    const number = await lease()
    const { first: part } = await save(number)
    if (!part) throw new Error('nothing was saved')
    for (const saved of [{ third: part }, { first: { ...part, kind: 'other' } }]) {
      await expect(load(number, saved)).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_REFUSED' })
    }
  })
})

describe('a service that can not be saved', () => {
  test('is left out, which is told once', async () => {
    second.noSnapshots = 'it has no way to'
    const number = await lease()
    await pool.mark(number, 'm')
    const saved = await save(number)
    expect(saved.second).toEqual({ kind: 'memory', unsupported: 'it has no way to' })
    expect(Object.keys(await pool.describeState(`lane-${number}`))).toEqual(['first'])
    expect(events).toEqual([{ kind: 'warning', subject: 'second', text: 'is not part of snapshots: it has no way to' }])
    add(number, 'two')
    await load(number, saved)
    expect(items(number)).toEqual([['one'], ['one', 'two']])
  })

  test('refuses what is asked when there is no other', async () => {
    for (const host of [first, second]) host.noSnapshots = `${host.name} has no way to`
    const number = await lease()
    const refused = {
      code: 'ISOLANE_SNAPSHOT_UNSUPPORTED',
      message: expect.stringMatching(/first has no way to.*second has no way to/),
    }
    await expect(pool.mark(number, 'm')).rejects.toMatchObject(refused)
    await expect(save(number)).rejects.toMatchObject(refused)
    expect(await pool.restoreMark(number, 'm')).toBe(false)
  })
})

/** Whoever gets the lane's number next gets a lane that was made anew. */
async function replaced(number: number): Promise<void> {
  const { created } = pool.status()
  pool.release(number)
  const lanes = await Promise.all([1, 2, 3, 4].map(() => pool.lease(holder)))
  for (const { id } of lanes) expect(items(id.number)).toEqual([[], []])
  expect(lanes.map(({ id }) => id.number)).toContain(number)
  expect(pool.status().created).toBeGreaterThan(created)
}
