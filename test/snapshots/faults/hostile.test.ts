import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { stateFolder } from '../../../src/core/folders.ts'
import { restoreIntoLane } from '../../../src/snapshots/restore.ts'
import type { SnapshotStore } from '../../../src/snapshots/store.ts'
import { verifySnapshot } from '../../../src/snapshots/verify.ts'
import { copyOf, filesBelow, forge, leftovers, storeWith } from '../folders.ts'
import { MemoryStack } from '../memory-stack.ts'
import { type TarEntry, tarOf } from '../tar-of.ts'

const refusedError = 'ISOLANE_SNAPSHOT_REFUSED'
const eitherError = /ISOLANE_SNAPSHOT_(DAMAGED|REFUSED)/
let store: SnapshotStore
/** A copy of its snapshot, which each test changes as it likes; and what it is like before. */
let folder: string
let whole: readonly TarEntry[]

beforeAll(async () => {
  store = await storeWith('one', 'a', 'b')
  folder = await copyOf(store, 'one')
  whole = filesBelow(folder)
    .toReversed()
    .map((file) => ({ path: `one/${relative(folder, file).split(sep).join('/')}`, content: readFileSync(file) }))
})

beforeEach(() => {
  for (const { path, content = '' } of whole) writeFileSync(join(folder, '..', path), content)
})

/** A manifest in places, not type-safe on purpose. */
// biome-ignore lint/suspicious/noExplicitAny: what is forged has no type.
type Forged = any

describe('a manifest that was forged, with a right checksum', () => {
  const service = (manifest: Forged) => manifest.lanes['lane-1'].services.memory
  const renameLane = (name: string) => (manifest: Forged) => {
    manifest.lanes = JSON.parse(JSON.stringify(manifest.lanes).replace('"lane-1"', JSON.stringify(name)))
  }
  const renameService = (name: string) => (manifest: Forged) => {
    manifest.lanes = JSON.parse(JSON.stringify(manifest.lanes).replace('"memory"', JSON.stringify(name)))
  }
  const renameFile = (name: string) => (manifest: Forged) => {
    service(manifest).files[0].name = name
  }
  const addLane = (name: string) => (manifest: Forged) => {
    manifest.lanes = { ...manifest.lanes, [name]: manifest.lanes['lane-1'] }
  }
  const forgeries: Record<string, (manifest: Forged) => void> = {
    'a lane named `..`': renameLane('..'),
    'a lane with a slash': renameLane('../../etc'),
    'a lane with a backslash': renameLane('..\\..\\etc'),
    'an absolute lane': renameLane('/etc'),
    'a lane named as a device of Windows': renameLane('con'),
    'a lane named `manifest.json`': renameLane('manifest.json'),
    'a lane named `__proto__`': renameLane('__proto__'),
    'a service named `..`': renameService('..'),
    'a service with a slash': renameService('a/b'),
    'a file with `..`': renameFile('../../items.zst'),
    'an absolute file': renameFile('/etc/passwd.zst'),
    'a file with a NUL': renameFile('items\0.zst'),
    'a file that is not compressed': renameFile('items'),
    'the name `..`': (manifest) => {
      manifest.name = '..'
    },
    'names that differ in case alone': (manifest) => {
      service(manifest).files.push({ ...service(manifest).files[0] })
    },
    'services that differ in case alone': (manifest) => {
      const { services } = manifest.lanes['lane-1']
      services.Memory = services.memory
    },
    'a lane in capitals': addLane('LANE-1'),
    'a negative size': (manifest) => {
      service(manifest).files[0].bytes = -1
    },
    'a size that is no whole number': (manifest) => {
      service(manifest).files[0].bytes = 1.5
    },
    'a size that is too large to count': (manifest) => {
      service(manifest).files[0].bytes = 2 ** 60
    },
    'a place in the order after which there is none': (manifest) => {
      manifest.sequence = Number.MAX_SAFE_INTEGER
    },
    'a digest that is none': (manifest) => {
      service(manifest).files[0].sha256 = 'ABC'
    },
    'lanes that are a list': (manifest) => {
      manifest.lanes = []
    },
    'counts that are text': (manifest) => {
      service(manifest).state.counts = 'many'
    },
    'a time that is none': (manifest) => {
      manifest.createdAt = 'yesterday'
    },
    'a newer format': (manifest) => {
      manifest.format = 2
    },
    'an older format': (manifest) => {
      manifest.format = 0
    },
    'a format that is text': (manifest) => {
      manifest.format = '1'
    },
  }
  for (const [forgery, change] of Object.entries(forgeries)) {
    test(`${forgery} | ${refusedError}`, async () => {
      forge(folder, change)
      await expect(store.open(folder)).rejects.toThrow(refusedError)
      const manifest = readFileSync(join(folder, 'manifest.json'))
      const archive = tarOf([
        { path: 'one/manifest.json', content: manifest },
        { path: 'one/lane-1/memory/items.zst', content: readFileSync(join(folder, 'lane-1', 'memory', 'items.zst')) },
      ])
      await expect(store.open(archive)).rejects.toThrow(refusedError)
      expect(leftovers(store)).toEqual([])
    })
  }

  test('labels named as what every object has, and fields of a later version | it can be used', async () => {
    const counts = '{"__proto__": 1, "constructor": 2, "toString": 3}'
    forge(folder, (manifest: Forged) => {
      service(manifest).state.counts = JSON.parse(counts)
      manifest.later = { any: ['thing'] }
    })
    await using snapshot = await store.open(folder)
    await verifySnapshot(snapshot, { readData: true })
    const saved = snapshot.manifest.lanes['lane-1']?.services.memory
    expect(JSON.stringify(saved && 'state' in saved && saved.state.counts)).toBe(JSON.stringify(JSON.parse(counts)))
  })

  test('brackets without end | ISOLANE_SNAPSHOT_DAMAGED', async () => {
    const deep = `{"format":1,"lanes":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    writeFileSync(join(folder, 'manifest.json'), deep)
    await expect(store.open(folder)).rejects.toThrow('ISOLANE_SNAPSHOT_DAMAGED')
  })

  test('a file that decompresses to more than was said | ISOLANE_SNAPSHOT_DAMAGED by --read-data', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(32 * 1024 * 1024))
    writeFileSync(join(folder, 'lane-1', 'memory', 'items.zst'), bomb)
    forge(folder, (manifest: Forged) => {
      const [file] = service(manifest).files
      Object.assign(file, { bytes: bomb.length, sha256: createHash('sha256').update(bomb).digest('hex') })
    })
    await using snapshot = await store.open(folder)
    await expect(verifySnapshot(snapshot, { readData: true })).rejects.toThrow('ISOLANE_SNAPSHOT_DAMAGED')
  })

  test('counts that are not those of the file | ISOLANE_RESTORE_FAILED, the lane is as it was', async () => {
    forge(folder, (manifest: Forged) => {
      service(manifest).state.counts.items = 7
    })
    await using stack = await MemoryStack.open()
    const lane = await stack.keep('now')
    await using snapshot = await store.open(folder)
    const load = async (path: string, saved: Forged) => {
      await stack.client.request('loadState', { lane, folder: path, saved })
    }
    await expect(restoreIntoLane({ snapshot, load })).rejects.toThrow('ISOLANE_RESTORE_FAILED')
    expect(stack.items(lane)).toEqual(['now'])
  })
})

describe('an archive that was forged', () => {
  const archives: Record<string, (entries: readonly TarEntry[]) => readonly TarEntry[]> = {
    '`..` in a path': (entries) => [...entries, { path: 'one/../../evil', content: 'evil' }],
    'a path that begins with `..`': (entries) => [...entries, { path: '../evil', content: 'evil' }],
    'an absolute path': (entries) => [...entries, { path: '/tmp/isolane-evil', content: 'evil' }],
    'a path with backslashes': (entries) => [...entries, { path: 'one\\..\\..\\evil', content: 'evil' }],
    'a symbolic link': (entries) => [...entries, { path: 'one/lane-2', type: 'SymbolicLink', linkpath: '/tmp' }],
    'a symbolic link in place of a folder, and a file through it': (entries) => [
      { path: 'one/lane-1', type: 'SymbolicLink', linkpath: '/tmp' },
      ...entries,
    ],
    'a hard link': (entries) => [...entries, { path: 'one/passwd', type: 'Link', linkpath: '/etc/passwd' }],
    'a pipe': (entries) => [...entries, { path: 'one/pipe', type: 'FIFO' }],
    'a device': (entries) => [...entries, { path: 'one/device', type: 'CharacterDevice' }],
    'a file twice': (entries) => [...entries, ...entries.slice(1)],
    'the manifest twice': (entries) => [...entries, ...entries.slice(0, 1)],
    'two folders at the top': (entries) => [...entries, { path: 'two/file', content: 'more' }],
    'a file that the manifest does not have': (entries) => [...entries, { path: 'one/more', content: 'more' }],
    'a folder that the manifest does not have': (entries) => [...entries, { path: 'one/more/', type: 'Directory' }],
    'a file in capitals besides': (entries) => [...entries, { path: 'one/lane-1/memory/ITEMS.zst', content: 'more' }],
    'a file that is missing': (entries) => entries.slice(0, 1),
    'no manifest': (entries) => entries.slice(1),
    'a manifest outside of the folder': (entries) => [{ ...entries[0], path: 'manifest.json' }, ...entries.slice(1)],
    'a file larger than the manifest says': (entries) =>
      entries.map((entry, index) => (index === 1 ? { ...entry, content: Buffer.alloc(5_000_000) } : entry)),
    'a size that the archive has not': (entries) =>
      entries.map((entry, index) => (index === 1 ? { ...entry, size: 7_000_000_000 } : entry)),
    'a manifest larger than any': (entries) => [
      { path: 'one/manifest.json', size: 7_000_000_000 },
      ...entries.slice(1),
    ],
  }
  for (const [fault, change] of Object.entries(archives)) {
    test(`${fault} | ISOLANE_SNAPSHOT_DAMAGED or _REFUSED, nothing is unpacked`, async () => {
      await expect(store.open(tarOf(change(whole)))).rejects.toThrow(eitherError)
      expect(leftovers(store)).toEqual([])
      expect(existsSync('/tmp/isolane-evil')).toBe(false)
      expect(existsSync(join(stateFolder(), 'evil'))).toBe(false)
    })
  }

  test('none | it is unpacked where nobody else can look, and removed when it is done with', async () => {
    const snapshot = await store.open(tarOf(whole))
    await verifySnapshot(snapshot, { readData: true })
    if (process.platform !== 'win32') expect(statSync(snapshot.folder).mode & 0o777).toBe(0o700)
    await snapshot[Symbol.asyncDispose]()
    expect(existsSync(snapshot.folder)).toBe(false)
    expect(leftovers(store)).toEqual([])
  })
})
