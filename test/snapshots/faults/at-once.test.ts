import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { removeSnapshot } from '../../../src/snapshots/remove.ts'
import { prune } from '../../../src/snapshots/retention.ts'
import { SnapshotStore } from '../../../src/snapshots/store.ts'
import { verifySnapshot } from '../../../src/snapshots/verify.ts'
import { long } from '../../long.ts'
import { act, actAtOnce } from '../act.ts'
import { addSnapshot, emptyFolder, gc, leftovers, storeWith } from '../folders.ts'

describe('several at once', () => {
  test.skipIf(long)(
    `four processes write a snapshot of one name | one has it, the others get ISOLANE_SNAPSHOT_EXISTS, nothing of theirs is left${long}`,
    async () => {
      const store = new SnapshotStore(emptyFolder())
      const items = ['a', 'b', 'c', 'd']
      const outcomes = await actAtOnce(
        items.map((item) => ({ act: 'create', store: store.folder, snapshot: 'same', lanes: [[item]] })),
      )
      expect(outcomes.map(({ result }) => result).sort()).toEqual([
        'ISOLANE_SNAPSHOT_EXISTS',
        'ISOLANE_SNAPSHOT_EXISTS',
        'ISOLANE_SNAPSHOT_EXISTS',
        'done',
      ])
      await using snapshot = await store.open('same')
      await verifySnapshot(snapshot, { readData: true })
      await gc()
      expect(leftovers(store)).toEqual([])
    },
  )

  test.skipIf(long)(
    `three processes pack into one file | one has it, the others get ISOLANE_SNAPSHOT_EXISTS, nothing of theirs is left${long}`,
    async () => {
      const store = await storeWith('one', 'a')
      const folder = emptyFolder()
      const task = { act: 'pack', store: store.folder, snapshot: 'one', file: join(folder, 'one.tar') } as const
      const outcomes = await actAtOnce([task, task, task])
      expect(outcomes.map(({ result }) => result).sort()).toEqual([
        'ISOLANE_SNAPSHOT_EXISTS',
        'ISOLANE_SNAPSHOT_EXISTS',
        'done',
      ])
      expect(await readdir(folder)).toEqual(['one.tar'])
      await using snapshot = await store.open(task.file)
      await verifySnapshot(snapshot, { readData: true })
      await gc()
    },
  )

  test.skipIf(long)(
    `three processes prune at once | each is removed once, the last good one stays${long}`,
    async () => {
      const store = await storeWith('one')
      for (const name of ['two', 'three', 'four', 'five']) await addSnapshot(store, name)
      const task = { act: 'prune', store: store.folder, snapshot: '' } as const
      const outcomes = await actAtOnce([task, task, task])
      expect(outcomes.map(({ result }) => result)).toEqual(['done', 'done', 'done'])
      expect((await store.list()).map(({ name }) => name)).toEqual(['five'])
      expect(leftovers(store)).toEqual([])
    },
  )

  test('removing one that is being read | ISOLANE_SNAPSHOT_REFUSED; prune passes it over', async () => {
    const store = await storeWith('one')
    await addSnapshot(store, 'two')
    {
      await using reading = await store.open('one')
      await expect(removeSnapshot(reading)).rejects.toThrow('ISOLANE_SNAPSHOT_REFUSED')
      expect(await prune(store, { count: 1 }, { named: true })).toEqual([])
      await verifySnapshot(reading, { readData: true })
    }
    expect(await prune(store, { count: 1 }, { named: true })).toMatchObject([
      { snapshot: { name: 'one' }, why: 'count' },
    ])
  })

  test.skipIf(long)(`the process that read it was killed | it can be removed${long}`, async () => {
    const store = await storeWith('one')
    const task = { act: 'pack', store: store.folder, snapshot: 'one', file: join(emptyFolder(), 'one.tar') } as const
    expect(await act({ ...task, step: 'verified' })).toMatchObject({ result: 'SIGKILL' })
    await removeSnapshot({ name: 'one', folder: join(store.folder, 'one') })
    expect(await store.list()).toEqual([])
    await gc()
    expect(leftovers(store)).toEqual([])
  })

  test('something else has the name | ISOLANE_SNAPSHOT_EXISTS, and it stays as it was', async () => {
    const store = await storeWith('one', 'a')
    await mkdir(join(store.folder, 'empty'))
    for (const name of ['one', 'empty']) {
      await expect(addSnapshot(store, name, 'b')).rejects.toThrow('ISOLANE_SNAPSHOT_EXISTS')
    }
    expect(await readdir(join(store.folder, 'empty'))).toEqual([])
    expect(leftovers(store)).toEqual([])
  })
})
