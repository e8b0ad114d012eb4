import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, relative } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { packSnapshot } from '../../../src/snapshots/archive.ts'
import { restoreIntoLane } from '../../../src/snapshots/restore.ts'
import { SnapshotStore } from '../../../src/snapshots/store.ts'
import { verifySnapshot } from '../../../src/snapshots/verify.ts'
import { long } from '../../long.ts'
import { addSnapshot, copyOf, emptyFolder, filesBelow, leftovers, storeWithLanes } from '../folders.ts'

const damagedError = 'ISOLANE_SNAPSHOT_DAMAGED'
const eitherError = /ISOLANE_SNAPSHOT_(DAMAGED|REFUSED)/
let store: SnapshotStore
let original: string

beforeAll(async () => {
  store = await storeWithLanes('one', [['a', 'b'], ['c'], []])
  original = join(store.folder, 'one')
})

/** Opens, verifies and restores; the latter must fail before anything is loaded. */
async function use(path: string): Promise<void> {
  await using snapshot = await store.open(path)
  let loaded = false
  const load = async () => {
    loaded = true
  }
  const restoring = restoreIntoLane({ snapshot, from: 'lane-1', load })
  const failed = await restoring.then(
    () => undefined,
    (error) => error,
  )
  expect(loaded).toBe(failed === undefined)
  await verifySnapshot(snapshot, { readData: true })
  expect(failed).toBeUndefined()
}

function flipBit(file: string, at: number, bit: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
  writeFileSync(file, bytes)
}

/** First and last byte, and some between. */
function places(length: number, count: number): number[] {
  return [...new Set(Array.from({ length: count }, (_, index) => Math.round((index * (length - 1)) / (count - 1))))]
}

const manifestOf = (folder: string) => join(folder, 'manifest.json')
const fileOf = (folder: string, lane: string) => join(folder, lane, 'memory', 'items.zst')

describe('a snapshot that was damaged', () => {
  test.skipIf(process.platform === 'win32')(
    'a pipe in place of a file, the manifest or the archive | ISOLANE_SNAPSHOT_DAMAGED, nobody waits for it',
    async () => {
      const folder = await copyOf(store, 'one')
      for (const path of [fileOf(folder, 'lane-1'), manifestOf(folder)]) {
        rmSync(path)
        execFileSync('mkfifo', [path])
        await expect(use(folder)).rejects.toThrow(damagedError)
      }
      const archive = join(emptyFolder(), 'one.tar')
      execFileSync('mkfifo', [archive])
      await expect(use(archive)).rejects.toThrow(damagedError)
    },
  )

  test('nothing was | it can be used', async () => {
    await use(await copyOf(store, 'one'))
  })

  test('one bit of each file, at several places | ISOLANE_SNAPSHOT_DAMAGED, nothing is loaded', async () => {
    const folder = await copyOf(store, 'one')
    const files = filesBelow(folder).filter((file) => basename(file) !== 'manifest.json')
    expect(files).toHaveLength(3)
    for (const file of files) {
      const whole = readFileSync(file)
      for (const [index, at] of places(whole.length, 8).entries()) {
        flipBit(file, at, index % 8)
        await expect(use(folder)).rejects.toThrow(damagedError)
        writeFileSync(file, whole)
      }
    }
    await use(folder)
  })

  test.skipIf(long)(
    `one bit of the manifest, at many places | ISOLANE_SNAPSHOT_DAMAGED or _REFUSED${long}`,
    async () => {
      const folder = await copyOf(store, 'one')
      const whole = readFileSync(manifestOf(folder))
      for (const [index, at] of places(whole.length, 250).entries()) {
        flipBit(manifestOf(folder), at, index % 8)
        await expect(store.open(folder), `bit ${index % 8} of byte ${at}`).rejects.toThrow(eitherError)
        writeFileSync(manifestOf(folder), whole)
      }
      await use(folder)
    },
  )

  test('the manifest cut off at many places | ISOLANE_SNAPSHOT_DAMAGED', async () => {
    const folder = await copyOf(store, 'one')
    const whole = readFileSync(manifestOf(folder))
    // Without the line's end it is still whole.
    for (const length of places(whole.length - 2, 60)) {
      truncateSync(manifestOf(folder), length)
      await expect(store.open(folder), `${length} bytes`).rejects.toThrow(damagedError)
      writeFileSync(manifestOf(folder), whole)
    }
  })

  // Neither links nor pipes can be made by everybody there.
  const onWindows = process.platform === 'win32'
  const faults: Record<string, (folder: string) => void> = {
    'the manifest missing': (folder) => rmSync(manifestOf(folder)),
    'the manifest a link to itself, elsewhere': (folder) => {
      const elsewhere = join(emptyFolder(), 'manifest.json')
      renameSync(manifestOf(folder), elsewhere)
      symlinkSync(elsewhere, manifestOf(folder))
    },
    'the manifest a folder': (folder) => {
      rmSync(manifestOf(folder))
      mkdirSync(manifestOf(folder))
    },
    'a file missing': (folder) => rmSync(fileOf(folder, 'lane-2')),
    'a file shorter': (folder) => truncateSync(fileOf(folder, 'lane-2'), 5),
    'a file empty': (folder) => truncateSync(fileOf(folder, 'lane-2'), 0),
    'a file longer': (folder) => writeFileSync(fileOf(folder, 'lane-2'), '\0', { flag: 'a' }),
    'a file more': (folder) => writeFileSync(join(folder, 'lane-1', 'memory', 'more.zst'), 'more'),
    'a file more, at the top': (folder) => writeFileSync(join(folder, 'more.txt'), 'more'),
    'a folder more': (folder) => mkdirSync(join(folder, 'lane-9')),
    'two files swapped': (folder) => {
      const aside = join(emptyFolder(), 'aside')
      renameSync(fileOf(folder, 'lane-1'), aside)
      renameSync(fileOf(folder, 'lane-2'), fileOf(folder, 'lane-1'))
      renameSync(aside, fileOf(folder, 'lane-2'))
    },
    'a file renamed': (folder) => renameSync(fileOf(folder, 'lane-1'), join(folder, 'lane-1', 'memory', 'other.zst')),
    'a lane renamed': (folder) => renameSync(join(folder, 'lane-2'), join(folder, 'lane-4')),
    'a file a link to itself, elsewhere': (folder) => {
      const elsewhere = join(emptyFolder(), 'items.zst')
      renameSync(fileOf(folder, 'lane-1'), elsewhere)
      symlinkSync(elsewhere, fileOf(folder, 'lane-1'))
    },
    'a folder a link to itself, elsewhere': (folder) => {
      const elsewhere = join(emptyFolder(), 'lane-1')
      renameSync(join(folder, 'lane-1'), elsewhere)
      symlinkSync(elsewhere, join(folder, 'lane-1'))
    },
    'a link more': (folder) => symlinkSync('/etc/passwd', join(folder, 'lane-1', 'memory', 'more.zst')),
    'a pipe in place of a file': (folder) => {
      rmSync(fileOf(folder, 'lane-1'))
      execFileSync('mkfifo', [fileOf(folder, 'lane-1')])
    },
  }
  for (const [fault, damage] of Object.entries(faults)) {
    test.skipIf(onWindows && /link|pipe/.test(fault))(`${fault} | ${damagedError}, nothing is loaded`, async () => {
      const folder = await copyOf(store, 'one')
      damage(folder)
      await expect(use(folder)).rejects.toThrow(damagedError)
    })
  }

  test('two snapshots that swapped their names | ISOLANE_SNAPSHOT_DAMAGED, saying which is which', async () => {
    const own = new SnapshotStore(emptyFolder())
    await addSnapshot(own, 'left', 'a')
    await addSnapshot(own, 'right', 'b')
    renameSync(join(own.folder, 'left'), join(own.folder, 'aside'))
    renameSync(join(own.folder, 'right'), join(own.folder, 'left'))
    renameSync(join(own.folder, 'aside'), join(own.folder, 'right'))
    await expect(own.open('left')).rejects.toThrow(/made as "right".*ISOLANE_SNAPSHOT_DAMAGED/)
    expect(await own.list()).toMatchObject(
      [
        { name: 'left', problem: /"right"/ },
        { name: 'right', problem: /"left"/ },
      ].map(({ name }) => ({ name, problem: expect.any(String) })),
    )
    await using byPath = await own.open(join(own.folder, 'left'))
    expect(byPath.name).toBe('right')
  })
})

describe('an archive that was damaged', () => {
  let archive: string
  beforeAll(async () => {
    archive = join(emptyFolder(), 'one.tar')
    await using snapshot = await store.open('one')
    await packSnapshot(snapshot, archive)
  })

  const copy = () => {
    const path = join(emptyFolder(), 'one.tar')
    copyFileSync(archive, path)
    return path
  }

  test.skipIf(long)(
    `one bit, at many places | an error, or exactly what was saved; nothing unpacked is left${long}`,
    async () => {
      const path = copy()
      const whole = readFileSync(path)
      let refused = 0
      for (const [index, at] of places(whole.length, 120).entries()) {
        flipBit(path, at, index % 8)
        const error = await use(path).then(
          () => undefined,
          (thrown) => thrown,
        )
        if (error) {
          expect(String(error), `bit ${index % 8} of byte ${at}`).toMatch(eitherError)
          refused += 1
        }
        expect(leftovers(store)).toEqual([])
        writeFileSync(path, whole)
      }
      expect(refused).toBeGreaterThan(20)
    },
  )

  test.skipIf(long)(`cut off at many places | ISOLANE_SNAPSHOT_DAMAGED${long}`, async () => {
    const path = copy()
    const whole = readFileSync(path)
    const end = whole.lastIndexOf('items.zst') + 512
    for (const length of places(end, 40)) {
      truncateSync(path, length)
      await expect(use(path), `${length} bytes`).rejects.toThrow(damagedError)
      writeFileSync(path, whole)
    }
    expect(leftovers(store)).toEqual([])
  })

  test('no archive at all | ISOLANE_SNAPSHOT_DAMAGED', async () => {
    for (const content of ['', 'text', 'x'.repeat(10_000)]) {
      const path = copy()
      writeFileSync(path, content)
      await expect(store.open(path)).rejects.toThrow(damagedError)
    }
  })

  test.skipIf(process.platform === 'win32')(
    'compressed, or packed by another program | only the plain one is opened, and it is whole',
    async () => {
      const folder = await copyOf(store, 'one')
      const path = join(emptyFolder(), 'one.tar')
      execFileSync('tar', ['-C', join(folder, '..'), '-cf', path, `./${basename(folder)}`])
      await use(path)
      execFileSync('tar', ['-C', join(folder, '..'), '-czf', path, basename(folder)])
      await expect(store.open(path)).rejects.toThrow(damagedError)
      expect(relative(original, folder)).not.toBe('')
      expect(existsSync(path)).toBe(true)
    },
  )
})
