import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { LaneId, StateSummary, StateWriter } from '../../../src/core/contracts.ts'
import { stateFolder } from '../../../src/core/folders.ts'
import { silent } from '../../../src/core/report.ts'
import { packSnapshot } from '../../../src/snapshots/archive.ts'
import { createSnapshot } from '../../../src/snapshots/create.ts'
import { SnapshotStore } from '../../../src/snapshots/store.ts'
import { verifySnapshot } from '../../../src/snapshots/verify.ts'
import { MemoryHost } from '../../core/memory-host.ts'
import { long } from '../../long.ts'
import { addSnapshot, emptyFolder, leftovers, storeWith, storeWithLanes } from '../folders.ts'
import { MemoryStack } from '../memory-stack.ts'

const megabyte = 1024 * 1024
const mounted: string[] = []
const why = long || (canMount() ? '' : ' [needs root: a disk is mounted]')

/** Writes what can't be compressed. */
class LargeHost extends MemoryHost {
  megabytes = 0
  told = 0

  override async stateSize(): Promise<number> {
    return this.told * megabyte
  }

  override async saveLane(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    await files.write('large', this.#pieces())
    return super.saveLane(lane, files)
  }

  *#pieces(): Iterable<Uint8Array> {
    for (let piece = 0; piece < this.megabytes; piece += 1) yield randomBytes(megabyte)
  }
}

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0
}

/** @param files and folders that it has room for; default: any */
function smallDisk(megabytes: number, files = 0, folder = emptyFolder()): string {
  const options = `size=${megabytes}m,nr_inodes=${files}`
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'isolane-test', folder])
  mounted.push(folder)
  return folder
}

afterEach(() => {
  for (const folder of mounted.splice(0)) execFileSync('umount', ['-l', folder])
})

async function create(store: SnapshotStore, name: string, size: { readonly megabytes: number; readonly told: number }) {
  const host = new LargeHost()
  Object.assign(host, size)
  await using stack = await MemoryStack.open(host)
  await stack.lease('a')
  const options = { lanes: undefined, reason: 'test', stack: 'default', report: silent }
  await using snapshot = await createSnapshot({ store, client: stack.client, name, ...options })
  return snapshot
}

describe('the disk', () => {
  test.skipIf(why)(
    `too little room, as is known before | ISOLANE_DISK_FULL before anything is written${why}`,
    async () => {
      const store = new SnapshotStore(smallDisk(30))
      await expect(create(store, 'new', { megabytes: 1, told: 20 })).rejects.toThrow('ISOLANE_DISK_FULL')
      expect(readdirSync(store.folder)).toEqual([])
    },
  )

  test.skipIf(why)(
    `full while a snapshot is written | ISOLANE_DISK_FULL, nothing of it is left, the one before is whole${why}`,
    async () => {
      const store = new SnapshotStore(smallDisk(30))
      await create(store, 'old', { megabytes: 1, told: 1 })
      await expect(create(store, 'new', { megabytes: 40, told: 1 })).rejects.toThrow('ISOLANE_DISK_FULL')
      expect(readdirSync(store.folder)).toEqual(['old'])
      expect(leftovers(store)).toEqual([])
      await using old = await store.open('old')
      await verifySnapshot(old, { readData: true })
      await create(store, 'new', { megabytes: 2, told: 2 })
    },
  )

  test.skipIf(why)(`full while one is packed | ISOLANE_DISK_FULL, no archive is there${why}`, async () => {
    const store = new SnapshotStore(emptyFolder())
    await create(store, 'large', { megabytes: 12, told: 12 })
    const disk = smallDisk(30)
    await using snapshot = await store.open('large')
    const fill = (step: string) => step === 'begun' && writeFileSync(join(disk, 'other'), randomBytes(22 * megabyte))
    await expect(packSnapshot(snapshot, join(disk, 'large.tar'), { onStep: fill })).rejects.toThrow('ISOLANE_DISK_FULL')
    expect(readdirSync(disk)).toEqual(['other'])
  })

  test.skipIf(why)(`too little room to unpack | ISOLANE_DISK_FULL, nothing is unpacked${why}`, async () => {
    const store = new SnapshotStore(emptyFolder())
    await create(store, 'large', { megabytes: 12, told: 12 })
    const archive = join(emptyFolder(), 'large.tar')
    await using snapshot = await store.open('large')
    await packSnapshot(snapshot, archive)
    const before = process.env.ISOLANE_STATE_DIR
    process.env.ISOLANE_STATE_DIR = smallDisk(20)
    try {
      await expect(store.open(archive)).rejects.toThrow('ISOLANE_DISK_FULL')
      expect(leftovers(store)).toEqual([])
    } finally {
      process.env.ISOLANE_STATE_DIR = before
    }
  })

  test.skipIf(why)(`full while one is unpacked | ISOLANE_DISK_FULL, nothing of it is left${why}`, async () => {
    const store = await storeWithLanes('several', [['a'], ['b'], ['c']])
    const archive = join(emptyFolder(), 'several.tar')
    await using snapshot = await store.open('several')
    await packSnapshot(snapshot, archive)
    const unpacked = join(stateFolder(), 'unpacked')
    mkdirSync(unpacked, { recursive: true, mode: 0o700 })
    // The disk itself, the folders, and some of the files.
    smallDisk(60, 10, unpacked)
    await expect(store.open(archive)).rejects.toThrow('ISOLANE_DISK_FULL')
    expect(leftovers(store)).toEqual([])
  })

  test('the folder can not be made | ISOLANE_SNAPSHOT_FAILED, saying which setting names another', async () => {
    const file = join(emptyFolder(), 'file')
    writeFileSync(file, '')
    await expect(addSnapshot(new SnapshotStore(join(file, 'store')), 'one')).rejects.toThrow(
      /ISOLANE_SNAPSHOT_DIR .*ISOLANE_SNAPSHOT_FAILED/,
    )
  })

  test('a service fails half-way | ISOLANE_SNAPSHOT_FAILED, nothing is left, the one before is whole', async () => {
    const store = await storeWith('old', 'a')
    const host = new MemoryHost()
    host.describeLane = async () => {
      throw new Error('the server is gone')
    }
    await using stack = await MemoryStack.open(host)
    await stack.lease('b')
    const options = { lanes: undefined, reason: 'test', stack: 'default', report: silent }
    await expect(createSnapshot({ store, client: stack.client, name: 'new', ...options })).rejects.toThrow(
      /the server is gone.*ISOLANE_SNAPSHOT_FAILED/,
    )
    expect(readdirSync(store.folder)).toEqual(['old'])
    expect(leftovers(store)).toEqual([])
  })
})
