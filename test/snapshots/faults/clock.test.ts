import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { prune } from '../../../src/snapshots/retention.ts'
import { SnapshotStore } from '../../../src/snapshots/store.ts'
import { addSnapshot, emptyFolder } from '../folders.ts'

const names = async (store: SnapshotStore) => (await store.list()).map(({ name }) => name)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Snapshots with automatic names, each made when the clock says so. @returns their names, in the order they were made in */
async function madeAt(store: SnapshotStore, times: readonly string[]): Promise<string[]> {
  const made: string[] = []
  for (const time of times) {
    vi.setSystemTime(time)
    made.push(await addSnapshot(store, undefined, time))
  }
  return made
}

describe('the clock', () => {
  test('moved back between two snapshots | the list has them in the order they were made in', async () => {
    const store = new SnapshotStore(emptyFolder())
    const made = await madeAt(store, ['2030-01-02', '2040-01-01', '2030-01-01', '2030-01-03'])
    expect(await names(store)).toEqual(made.toReversed())
  })

  test('moved back, and only one may be kept | the one made last is', async () => {
    const store = new SnapshotStore(emptyFolder())
    const made = await madeAt(store, ['2040-01-01', '2030-01-01'])
    await prune(store, { count: 1 })
    expect(await names(store)).toEqual([made[1]])
  })

  test('moved back, so that one comes from the future | it counts as new, and its age removes nothing', async () => {
    const store = new SnapshotStore(emptyFolder())
    const made = await madeAt(store, ['2040-01-01', '2030-01-01', '2030-01-02'])
    await prune(store, { days: 7 })
    expect(await names(store)).toEqual(made.toReversed())
    vi.setSystemTime('2030-01-20')
    await prune(store, { days: 7 })
    expect(await names(store)).toEqual([made[2], made[0]])
  })

  test('moved forward by ten years | all are old, and the last good one stays', async () => {
    const store = new SnapshotStore(emptyFolder())
    const made = await madeAt(store, ['2030-01-01', '2030-01-02'])
    vi.setSystemTime('2040-01-01')
    await prune(store, {})
    expect(await names(store)).toEqual([made[1]])
  })
})
