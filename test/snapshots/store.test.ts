import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { chmod, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { IsolaneError } from '../../src/core/errors.ts'
import { stateFolder } from '../../src/core/folders.ts'
import { silent } from '../../src/core/report.ts'
import { packSnapshot } from '../../src/snapshots/archive.ts'
import { type CreateStep, createSnapshot } from '../../src/snapshots/create.ts'
import { removeSnapshot } from '../../src/snapshots/remove.ts'
import { restoreIntoLane } from '../../src/snapshots/restore.ts'
import { SnapshotStore } from '../../src/snapshots/store.ts'
import { verifySnapshot } from '../../src/snapshots/verify.ts'
import { addSnapshot, emptyFolder, filesBelow, forge, gc, leftovers, storeWith, storeWithLanes } from './folders.ts'
import { MemoryStack } from './memory-stack.ts'

const options = { lanes: undefined, reason: 'test', stack: 'default', report: silent }

test('lanes are saved and come back, from the folder and from the archive', async () => {
  await using stack = await MemoryStack.open()
  const lane = await stack.lease('a', 'b')
  const kept = await stack.keep('c')
  const store = new SnapshotStore(emptyFolder())
  const steps: CreateStep['kind'][] = []
  const onStep = ({ kind }: CreateStep) => steps.push(kind)
  await using snapshot = await createSnapshot({ store, client: stack.client, name: 'one', ...options, onStep })
  expect(steps).toEqual([
    'begun',
    'folderMade',
    'lane',
    'laneSaved',
    'lane',
    'laneSaved',
    'foldersSynced',
    'manifestWritten',
    'named',
    'readOnly',
  ])
  expect(snapshot.manifest).toMatchObject({
    format: 1,
    name: 'one',
    named: true,
    sequence: 1,
    lanes: {
      [lane]: { services: { memory: { kind: 'memory', state: { counts: { items: 2 } } } } },
      [kept]: { failedTest: 'a test' },
    },
  })
  const archive = join(emptyFolder(), 'sub', 'one.tar')
  await packSnapshot(snapshot, archive)
  const load = async (folder: string, saved: never) => void (await stack.holder.request('loadState', { folder, saved }))
  for (const path of ['one', snapshot.folder, archive]) {
    stack.host.lanes.set(1, new Set(['other']))
    await using opened = await store.open(path)
    await verifySnapshot(opened, { readData: true })
    await restoreIntoLane({ snapshot: opened, from: lane, load: load as never })
    expect(stack.items(lane)).toEqual(['a', 'b'])
  }
  await using opened = await store.open('one')
  await expect(restoreIntoLane({ snapshot: opened, load: load as never })).rejects.toThrow(
    /has 2 lanes: choose from lane-1, lane-2/,
  )
  await expect(packSnapshot(opened, archive)).rejects.toThrow('ISOLANE_SNAPSHOT_EXISTS')
})

test.skipIf(process.platform === 'win32')(
  'a snapshot is read-only, for its owner alone, and can be removed',
  async () => {
    const store = await storeWith('one', 'a')
    const folder = join(store.folder, 'one')
    const mode = (path: string) => statSync(path).mode & 0o777
    expect([folder, join(folder, 'lane-1'), join(folder, 'lane-1', 'memory')].map(mode)).toEqual([0o700, 0o700, 0o700])
    expect(new Set(filesBelow(folder).map(mode))).toEqual(new Set([0o400]))
    await removeSnapshot({ name: 'one', folder })
    expect(await store.list()).toEqual([])
    expect(leftovers(store)).toEqual([])
    await expect(removeSnapshot({ name: 'one', folder })).rejects.toThrow('ISOLANE_SNAPSHOT_NOT_FOUND')
  },
)

test('the list has what there is, newest first, and what can not be used last', async () => {
  const store = await storeWith('one', 'a')
  await addSnapshot(store, 'two', 'a')
  await addSnapshot(store, 'shortened', 'a')
  rmSync(join(store.folder, 'shortened', 'lane-1', 'memory', 'items.zst'))
  mkdirSync(join(store.folder, 'a-broken-one'))
  mkdirSync(join(store.folder, 'Not A Name'))
  writeFileSync(join(store.folder, 'file'), '')
  if (process.platform !== 'win32') symlinkSync(join(store.folder, 'one'), join(store.folder, 'link'))
  expect(await store.list()).toMatchObject([
    { name: 'two', manifest: { sequence: 2 } },
    { name: 'one', manifest: { sequence: 1 } },
    { name: 'a-broken-one', problem: expect.stringContaining('ISOLANE_SNAPSHOT_DAMAGED') },
    { name: 'shortened', problem: expect.stringContaining('ISOLANE_SNAPSHOT_DAMAGED') },
  ])
  await expect(store.open('link')).rejects.toThrow('ISOLANE_SNAPSHOT_NOT_FOUND')
  expect(await new SnapshotStore('/nowhere').list()).toEqual([])
})

test('what there is not is told with what there is', async () => {
  const store = await storeWith('before-migration')
  await expect(store.open('before-migraton')).rejects.toThrow(
    /did you mean before-migration: there are before-migration; a path begins with .\/ \[ISOLANE_SNAPSHOT_NOT_FOUND\]/,
  )
  await expect(store.open('./nowhere')).rejects.toThrow('ISOLANE_SNAPSHOT_NOT_FOUND')
})

test('each project has a folder of its own, unless the environment names one', () => {
  const [left, right] = [mkdtempSync(join(tmpdir(), 'isolane-')), mkdtempSync(join(tmpdir(), 'isolane-'))]
  const folders = [left, right].map((root) => SnapshotStore.of({ root }, process.env).folder)
  expect(new Set(folders).size).toBe(2)
  expect(folders.every((folder) => folder.startsWith(join(stateFolder(), 'snapshots')))).toBe(true)
  expect(SnapshotStore.of({ root: left }, { ISOLANE_SNAPSHOT_DIR: 'artefacts' }).folder).toBe(join(left, 'artefacts'))
  expect(SnapshotStore.of({ root: left }, { ISOLANE_SNAPSHOT_DIR: right }).folder).toBe(right)
})

test('nothing to save, and nothing that can be saved', async () => {
  await using stack = await MemoryStack.open()
  const store = new SnapshotStore(emptyFolder())
  await expect(createSnapshot({ store, client: stack.client, ...options })).rejects.toThrow(
    /no lane to save.*ISOLANE_SNAPSHOT_FAILED/,
  )
  await expect(createSnapshot({ store, client: stack.client, ...options, lanes: ['lane-7'] })).rejects.toThrow(
    'ISOLANE_OPTION_INVALID',
  )
  await stack.lease()
  stack.host.noSnapshots = 'it has no way to'
  await expect(createSnapshot({ store, client: stack.client, ...options })).rejects.toThrow(
    /memory: it has no way to.*ISOLANE_SNAPSHOT_UNSUPPORTED/,
  )
  expect(filesBelow(store.folder)).toEqual([])
})

test('called off: nothing is left', async () => {
  await using stack = await MemoryStack.open()
  await stack.lease('a')
  const store = new SnapshotStore(emptyFolder())
  const calledOff = new AbortController()
  const onStep = ({ kind }: CreateStep) => kind === 'lane' && calledOff.abort()
  const { signal } = calledOff
  await expect(createSnapshot({ store, client: stack.client, ...options, onStep, signal })).rejects.toThrow(
    'ISOLANE_ABORTED',
  )
  await stack.client.request('describeState', { lane: 'lane-1' })
  await gc()
  expect(leftovers(store)).toEqual([])
  expect(await store.list()).toEqual([])
})

test('every act is on record, without what is in the lanes', async () => {
  const store = await storeWithLanes('logged', [['secret-item'], ['b']])
  await expect(addSnapshot(store, 'logged')).rejects.toThrow('ISOLANE_SNAPSHOT_EXISTS')
  {
    await using snapshot = await store.open('logged')
    await verifySnapshot(snapshot)
  }
  await removeSnapshot({ name: 'logged', folder: join(store.folder, 'logged') })
  const file = join(stateFolder(), 'snapshots.log')
  const text = readFileSync(file, 'utf8')
  expect(text).not.toContain('secret-item')
  const acts = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ snapshot }) => snapshot === 'logged')
  expect(acts.map(({ act, result }) => `${act} ${result}`)).toEqual([
    'create done',
    'create ISOLANE_SNAPSHOT_EXISTS',
    'verify done',
    'remove done',
  ])
  expect(acts.every(({ at, milliseconds }) => Number.isFinite(Date.parse(at)) && milliseconds >= 0)).toBe(true)
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('after any number there is another', async () => {
  const store = await storeWith('one', 'a')
  const folder = join(store.folder, 'one')
  for (const file of filesBelow(folder)) await chmod(file, 0o600)
  forge(folder, (manifest) => Object.assign(manifest, { sequence: 2 ** 40 }))
  await addSnapshot(store, 'two', 'a')
  expect((await store.list()).map(({ name, problem }) => [name, problem])).toEqual([
    ['two', undefined],
    ['one', undefined],
  ])
})

test('once it has its name it is made, whatever becomes of it', async () => {
  await using stack = await MemoryStack.open()
  await stack.lease('a')
  const store = new SnapshotStore(emptyFolder())
  const onStep = ({ kind }: CreateStep) => {
    if (kind === 'readOnly') rmSync(join(store.folder, 'short-lived', 'manifest.json'))
  }
  await using snapshot = await createSnapshot({ store, client: stack.client, name: 'short-lived', ...options, onStep })
  expect(snapshot.manifest.lanes).toHaveProperty('lane-1')
  await expect(removeSnapshot(snapshot)).rejects.toThrow('ISOLANE_SNAPSHOT_REFUSED')
})

test.skipIf(process.platform !== 'linux')(
  'every folder that was made for the store is flushed where it lies',
  async () => {
    const handle = await open(import.meta.filename)
    const sync = vi.spyOn(Object.getPrototypeOf(handle), 'sync')
    await handle.close()
    const synced: string[] = []
    sync.mockImplementation(async function (this: { readonly fd: number }) {
      synced.push(readlinkSync(`/proc/self/fd/${this.fd}`))
    })
    const parent = emptyFolder()
    await new SnapshotStore(join(parent, 'a', 'b', 'c')).prepare()
    sync.mockRestore()
    expect(synced).toEqual([join(parent, 'a', 'b'), join(parent, 'a'), parent])
  },
)

test('who calls it off may say why', async () => {
  await using stack = await MemoryStack.open()
  await stack.lease('a')
  const store = new SnapshotStore(emptyFolder())
  const reason = new IsolaneError({ code: 'ISOLANE_ABORTED', message: 'It took too long', remedy: 'save less' })
  const signal = AbortSignal.abort(reason)
  await expect(createSnapshot({ store, client: stack.client, ...options, signal })).rejects.toBe(reason)
})
