import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SnapshotStore } from '../../../src/snapshots/store.ts'
import { verifySnapshot } from '../../../src/snapshots/verify.ts'
import { long } from '../../long.ts'
import { act } from '../act.ts'
import type { Task } from '../fixtures/act.ts'
import { emptyFolder, gc, leftovers, storeWith } from '../folders.ts'
import { MemoryStack } from '../memory-stack.ts'

const lanes = [['a', 'b'], ['c']]
const steps = ['begun', 'folderMade', 'lane', 'laneSaved', 'foldersSynced', 'manifestWritten', 'named', 'readOnly']

/** Good, or not there. */
async function whatIsThere(store: SnapshotStore, name: string): Promise<'whole' | 'nothing'> {
  const entry = (await store.list()).find((each) => each.name === name)
  if (!entry) return 'nothing'
  await using snapshot = await store.open(name)
  await verifySnapshot(snapshot, { readData: true })
  expect(Object.keys(snapshot.manifest.lanes)).toHaveLength(name === 'old' ? 1 : lanes.length)
  return 'whole'
}

/** Kills at one moment, twice, sweeps, and sees that it then works. @returns what there was after the kills */
async function createKilled(moment: Pick<Task, 'step' | 'operation'>): Promise<'whole' | 'nothing'> {
  const store = await storeWith('old', 'x')
  const task = { act: 'create', store: store.folder, snapshot: 'new', lanes } as const
  expect((await act({ ...task, ...moment })).result).toBe('SIGKILL')
  const found = await whatIsThere(store, 'new')
  if (found === 'nothing') expect((await act({ ...task, ...moment })).result).toBe('SIGKILL')
  await gc()
  expect(leftovers(store)).toEqual([])
  expect(await whatIsThere(store, 'old')).toBe('whole')
  expect(await whatIsThere(store, 'new')).toBe(found)
  if (found === 'nothing') expect((await act(task)).result).toBe('done')
  expect(await whatIsThere(store, 'new')).toBe('whole')
  return found
}

/** Every operation on the disk that an act has. */
async function eachOperation(begin: () => Promise<Task>, check: (task: Task) => Promise<void>): Promise<void> {
  const { result, operations } = await act(await begin())
  expect(result).toBe('done')
  expect(operations).toBeGreaterThan(3)
  for (let operation = 1; operation <= operations; operation += 1) {
    const task = await begin()
    expect((await act({ ...task, operation })).result).toBe('SIGKILL')
    await check(task)
  }
}

describe('kill -9 while a snapshot is written', () => {
  const whole = new Set(['named', 'readOnly'])
  for (const step of steps) {
    const outcome = whole.has(step)
      ? 'the snapshot is there, and whole'
      : 'nothing is there, and gc removes what was begun; the one before is whole'
    const later = step === 'manifestWritten' ? '' : long
    test.skipIf(later)(`at \`${step}\`, twice | ${outcome}${later}`, async () => {
      expect(await createKilled({ step })).toBe(whole.has(step) ? 'whole' : 'nothing')
    })
  }

  test.skipIf(long)(
    `before each operation on the disk | the whole snapshot, or nothing that gc leaves${long}`,
    async () => {
      const stores: SnapshotStore[] = []
      const begin = async () => {
        const store = await storeWith('old', 'x')
        stores.push(store)
        return { act: 'create', store: store.folder, snapshot: 'new', lanes } as const
      }
      await eachOperation(begin, async () => {
        const store = stores.at(-1) ?? new SnapshotStore('')
        const found = await whatIsThere(store, 'new')
        await gc()
        expect(leftovers(store)).toEqual([])
        expect(await whatIsThere(store, 'old')).toBe('whole')
        expect(await whatIsThere(store, 'new')).toBe(found)
      })
    },
    900_000,
  )
})

describe('kill -9 while something else is done to one', () => {
  test.skipIf(long)(
    `before each operation on the disk, removing it | it is whole, or gone${long}`,
    async () => {
      const begin = async () => {
        const store = await storeWith('old', 'x')
        return { act: 'remove', store: store.folder, snapshot: 'old' } as const
      }
      await eachOperation(begin, async ({ store: folder }) => {
        const store = new SnapshotStore(folder)
        const found = await whatIsThere(store, 'old')
        await gc()
        expect(leftovers(store)).toEqual([])
        expect(await whatIsThere(store, 'old')).toBe(found)
      })
    },
    900_000,
  )

  test.skipIf(long)(
    `before each operation on the disk, packing it | the archive is whole, or not there${long}`,
    async () => {
      const begin = async () => {
        const store = await storeWith('old', 'x')
        return { act: 'pack', store: store.folder, snapshot: 'old', file: join(emptyFolder(), 'old.tar') } as const
      }
      await eachOperation(begin, async ({ store: folder, file = '' }) => {
        const store = new SnapshotStore(folder)
        await gc()
        expect(leftovers(store)).toEqual([])
        const there = existsSync(file) ? ['old.tar'] : []
        expect(readdirSync(join(file, '..'))).toEqual(there)
        if (there.length === 0) return
        await using snapshot = await store.open(file)
        await verifySnapshot(snapshot, { readData: true })
      })
    },
    900_000,
  )

  test.skipIf(long)(
    `before each operation on the disk, restoring it from an archive | the lane is as before or as saved, and gc removes what was unpacked${long}`,
    async () => {
      await using stack = await MemoryStack.open()
      const lane = await stack.keep('now')
      const store = await storeWith('old', 'x', 'y')
      const file = join(emptyFolder(), 'old.tar')
      await act({ act: 'pack', store: store.folder, snapshot: 'old', file })
      const { address } = stack
      const task = { act: 'restore', store: store.folder, snapshot: file, address, lane } as const
      const begin = async () => {
        stack.host.lanes.set(1, new Set(['now']))
        return task
      }
      await eachOperation(begin, async () => {
        await stack.client.request('describeState', { lane })
        expect([['now'], ['x', 'y']]).toContainEqual(stack.items(lane))
        await gc()
        expect(leftovers(store)).toEqual([])
      })
      expect((await act(await begin())).result).toBe('done')
      expect(stack.items(lane)).toEqual(['x', 'y'])
    },
    900_000,
  )

  for (const [step, outcome] of [
    ['verified', 'the lane is as it was'],
    ['loading', 'the lane is as it was'],
    ['sent', 'the stack does it to the end: the lane is as saved'],
    ['loaded', 'the lane is as saved'],
  ] as const) {
    test.skipIf(long)(`restoring it, at \`${step}\`, twice | ${outcome}${long}`, async () => {
      await using stack = await MemoryStack.open()
      const lane = await stack.keep('now')
      const store = await storeWith('old', 'x', 'y')
      const task = { act: 'restore', store: store.folder, snapshot: 'old', address: stack.address, lane } as const
      for (const _ of [1, 2]) {
        stack.host.lanes.set(1, new Set(['now']))
        expect((await act({ ...task, step })).result).toBe('SIGKILL')
        // Takes its turn behind whatever the stack still does to the lane.
        const expected = outcome.endsWith('as saved') ? ['x', 'y'] : ['now']
        await expect.poll(() => stack.items(lane)).toEqual(expected)
      }
      await gc()
      expect(leftovers(store)).toEqual([])
      expect((await act(task)).result).toBe('done')
      expect(stack.items(lane)).toEqual(['x', 'y'])
    })
  }
})
