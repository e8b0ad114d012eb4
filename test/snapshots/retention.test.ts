import { readFileSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Retention } from '../../src/core/config.ts'
import type { SavedLane } from '../../src/core/lane-states.ts'
import { silent } from '../../src/core/report.ts'
import { choose, type Pruned, type PruneOptions, prune, pruneAfter } from '../../src/snapshots/retention.ts'
import { type SnapshotEntry, SnapshotStore } from '../../src/snapshots/store.ts'
import { addSnapshot, emptyFolder } from './folders.ts'

const now = new Date('2030-01-31')

interface Made {
  readonly days: number
  readonly bytes?: number
  readonly named?: boolean
  readonly stack?: string
  /** Names of its lanes and environments. */
  readonly holds?: readonly string[]
  readonly problem?: string
}

/** Newest first. */
function entries(made: readonly Made[]): SnapshotEntry[] {
  return made.map(({ days, bytes = 10, named = false, stack = 'default', holds = [], problem }, index) => {
    const entry = { name: `${days}-days`, folder: '/nowhere', bytes }
    if (problem !== undefined) return { ...entry, problem }
    const createdAt = new Date(now.getTime() - days * 86_400_000).toISOString()
    const lanes = Object.fromEntries(holds.map((name) => [name, { services: {} satisfies SavedLane }]))
    const rest = { isolane: '', platform: '', reason: '', lanes, checksum: '' }
    const manifest = {
      format: 1 as const,
      name: entry.name,
      named,
      createdAt,
      sequence: made.length - index,
      stack,
      ...rest,
    }
    return { ...entry, manifest }
  })
}

function chosen(made: readonly Made[], retention: Retention, options: PruneOptions = {}): string[] {
  return choose(entries(made), retention, { now, ...options }).map(({ snapshot, why }) => `${snapshot.name}: ${why}`)
}

test('by age: seven days when nothing is said', () => {
  const made = [{ days: 1 }, { days: 6.9 }, { days: 7.1 }, { days: 30 }]
  expect(chosen(made, {})).toEqual(['7.1-days: age', '30-days: age'])
  expect(chosen(made, { days: 3 })).toEqual(['6.9-days: age', '7.1-days: age', '30-days: age'])
})

test('by count and by size: the oldest go', () => {
  const made = [{ days: 1 }, { days: 2 }, { days: 3, bytes: 100 }, { days: 4 }]
  expect(chosen(made, { count: 2 })).toEqual(['3-days: count', '4-days: count'])
  expect(chosen(made, { bytes: 25 })).toEqual(['3-days: bytes', '4-days: bytes'])
  expect(chosen(made, { count: 4, bytes: 130 })).toEqual([])
})

test('never the last good one of a stack, however old, and however large', () => {
  expect(chosen([{ days: 1, problem: 'damaged' }, { days: 30 }, { days: 40 }], {})).toEqual(['40-days: age'])
  expect(
    chosen(
      [
        { days: 30, stack: 'a' },
        { days: 40, stack: 'b' },
        { days: 50, stack: 'a' },
      ],
      {},
    ),
  ).toEqual(['50-days: age'])
  expect(chosen([{ days: 1, bytes: 1_000 }, { days: 2 }], { bytes: 500 })).toEqual(['2-days: bytes'])
})

test('the last one of an environment stays, however many there are of others', () => {
  const made = [
    { days: 8, holds: ['test'] },
    { days: 9, holds: ['test', 'dev'] },
    { days: 10, holds: ['lane-1'] },
    { days: 20, holds: ['staging'] },
    { days: 30, holds: ['dev', 'staging'] },
  ]
  expect(chosen(made, { count: 1 })).toEqual(['10-days: age', '30-days: age'])
})

test('what a person named stays, unless that is asked for; what can not be read always', () => {
  const made = [{ days: 1 }, { days: 20, named: true }, { days: 30 }, { days: 40, problem: 'damaged' }]
  expect(chosen(made, {})).toEqual(['30-days: age'])
  expect(chosen(made, {}, { named: true })).toEqual(['20-days: age', '30-days: age'])
})

test('the last good one is one that is good, not one that looks so', async () => {
  const store = new SnapshotStore(emptyFolder())
  for (const name of ['oldest', 'old', 'newer', 'newest']) await addSnapshot(store, name, 'a')
  const file = join(store.folder, 'newest', 'lane-1', 'memory', 'items.zst')
  const bytes = readFileSync(file)
  bytes[9] = (bytes[9] ?? 0) ^ 1
  await chmod(file, 0o600)
  writeFileSync(file, bytes)
  const all = { named: true, now: new Date('2099-01-01') }
  const names = (pruned: readonly Pruned[]) => pruned.map(({ snapshot }) => snapshot.name)
  expect(names(await prune(store, {}, { ...all, dry: true }))).toEqual(['old', 'oldest'])
  expect(names(await prune(store, {}, all))).toEqual(['old', 'oldest'])
  expect((await store.list()).map(({ name }) => name)).toEqual(['newest', 'newer'])
})

test('where none is good any more, none is removed', async () => {
  const store = new SnapshotStore(emptyFolder())
  for (const name of ['one', 'two']) {
    await addSnapshot(store, name, 'a')
    const file = join(store.folder, name, 'lane-1', 'memory', 'items.zst')
    await chmod(file, 0o600)
    writeFileSync(file, Buffer.alloc(readFileSync(file).length))
  }
  expect(await prune(store, { count: 0 }, { named: true })).toEqual([])
  expect(await store.list()).toHaveLength(2)
})

test('what is made by hand is pruned after, and a failure of that is a warning', async () => {
  const store = new SnapshotStore(emptyFolder())
  for (let count = 0; count < 3; count += 1) await addSnapshot(store, undefined, 'a')
  await pruneAfter(store, { count: 1 }, silent)
  expect(await store.list()).toHaveLength(1)
  const texts: string[] = []
  const broken = { list: async () => Promise.reject(new Error('the disk is gone')) } as unknown as SnapshotStore
  await pruneAfter(broken, {}, ({ text }) => texts.push(text))
  expect(texts).toEqual(['old ones could not be removed: the disk is gone'])
})
