/** Lanes whose states the user's own functions keep in files; the server is a map in this process. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SavedStart, SnapshotSupport } from '../../../src/core/contracts.ts'
import { silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { StateFolderReader, StateFolderWriter } from '../../../src/core/state-files.ts'
import { makeTemporaryFolder } from '../../../src/core/temporary-folder.ts'
import { type ContainerOptions, container } from '../../../src/services/container/index.ts'

const canMount = process.platform === 'linux' && process.getuid?.() === 0
const password = 'an-administrators-secret'
const instance = {
  endpoint: { host: '::1', ports: { http: 49_001 }, credentials: { username: 'admin', password } },
  owned: true,
  origin: 'store:1.2',
  logs: async () => '',
  ended: new Promise<string>(() => {}),
  [Symbol.asyncDispose]: async () => {},
}
const lane = { number: 3, name: 'lane-3' }
const context = {
  name: 'store',
  root: '/',
  maximumLanes: 4,
  report: silent,
  signal: new AbortController().signal,
  temporaryFolder: () => makeTemporaryFolder(run),
}

type Files = Record<string, string>

/** What each lane holds, by its name. */
let held: Map<string, Files>
let root: string
let run: Run
let given: string[]

beforeEach(() => {
  held = new Map()
  given = []
  root = mkdtempSync(join(tmpdir(), 'isolane-container-snapshots-'))
  run = new Run(join(root, 'runs'), root)
})

afterEach(() => {
  expect(given.filter(existsSync)).toEqual([])
  run.end()
  expect(readdirSync(join(root, 'runs'))).toEqual([])
  rmSync(root, { recursive: true, force: true })
})

const snapshot: NonNullable<ContainerOptions['snapshot']> = {
  save: ({ name }, _lane, folder) => {
    given.push(folder)
    expect(readdirSync(folder)).toEqual([])
    for (const [file, text] of Object.entries(held.get(name) ?? {})) {
      mkdirSync(join(folder, file, '..'), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
  },
  load: async ({ name }, _lane, folder) => {
    given.push(folder)
    const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const entries = names.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')]
    })
    held.set(name, Object.fromEntries(entries))
  },
}

async function open(options: Partial<ContainerOptions> = { snapshot }) {
  const definition = container({
    image: 'store:1.2',
    ports: { http: 80 },
    lane: { create: () => {}, reset: ({ name }) => held.set(name, {}) },
    env: () => ({}),
    ...options,
  })
  const session = await definition.service.open(instance, definition.options, context)
  await session.createLane(lane)
  return session.snapshots as SnapshotSupport
}

async function save(snapshots: SnapshotSupport) {
  const folder = mkdtempSync(join(root, 'saved-'))
  const files = new StateFolderWriter(folder)
  const foreseen = await snapshots.size(lane)
  const state = await snapshots.save(lane, files)
  expect(files.files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(foreseen)
  return { state, folder, files: files.files, reader: new StateFolderReader(folder, files.files) }
}

const content: Files = { 'a.txt': 'one', 'b/c/Ünï "x".bin': '\0\u{1F600}', empty: '', large: 'x'.repeat(300_000) }

test('files come back under their names, and what was there goes back', async () => {
  const snapshots = await open()
  held.set('lane-3', content)
  const saved = await save(snapshots)
  expect(saved.state).toMatchObject({ format: 'files', version: '1.2', counts: { files: 4 } })
  expect(await snapshots.describe(lane)).toEqual(saved.state)
  held.set('lane-3', { other: 'two' })
  const loaded = await snapshots.load(lane, saved.reader, saved.state)
  expect(held.get('lane-3')).toEqual({ other: 'two' })
  await loaded.swap()
  expect(held.get('lane-3')).toEqual(content)
  await loaded.swapBack()
  expect(held.get('lane-3')).toEqual({ other: 'two' })
  await loaded[Symbol.asyncDispose]()
})

test('lanes begin with a saved one, and are reset to it, each from a folder of its own', async () => {
  const { state, reader } = await (async () => {
    const snapshots = await open()
    held.set('lane-3', content)
    return save(snapshots)
  })()
  const definition = container({
    image: 'store:1.2',
    ports: { http: 80 },
    lane: { create: () => {}, reset: ({ name }) => held.set(name, {}) },
    seed: ({ name }) => held.set(name, { seeded: '1' }),
    snapshot,
    env: () => ({}),
  })
  const session = await definition.service.open(instance, definition.options, context)
  const { prepareFrom } = session.snapshots as SnapshotSupport
  const template = { fingerprint: '', cacheable: false }
  const damaged = { files: reader, saved: { ...state, digests: { files: '0'.repeat(64) } } }
  const begin = (start: SavedStart) => prepareFrom?.call(session.snapshots, template, start)
  await expect(begin(damaged)).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_DAMAGED' })
  await begin({ files: reader, saved: state })
  given = []
  await Promise.all([1, 2].map((number) => session.createLane({ number, name: `lane-${number}` })))
  held.set('lane-2', { other: 'two' })
  await session.resetLane({ number: 2, name: 'lane-2' }, { connections: 'keep' })
  expect([held.get('lane-1'), held.get('lane-2')]).toEqual([content, content])
  expect(new Set(given).size).toBe(3)
})

test('a lane without any files is saved, too', async () => {
  const snapshots = await open()
  const saved = await save(snapshots)
  held.set('lane-3', content)
  await using loaded = await snapshots.load(lane, saved.reader, saved.state)
  await loaded.swap()
  expect(held.get('lane-3')).toEqual({})
})

test('a mark is brought back as often as it is asked for', async () => {
  const snapshots = await open()
  held.set('lane-3', content)
  const mark = await snapshots.mark(lane)
  for (const _again of [1, 2]) {
    held.set('lane-3', { other: 'two' })
    await mark.restore()
    expect(held.get('lane-3')).toEqual(content)
  }
  await mark[Symbol.asyncDispose]()
})

test('a damaged file, or one too many, is refused, and the lane stays as it is', async () => {
  const snapshots = await open()
  held.set('lane-3', content)
  const { state, folder, files, reader } = await save(snapshots)
  const damage = { code: 'ISOLANE_SNAPSHOT_DAMAGED' }
  const other = { ...state, digests: { files: '0'.repeat(64) } }
  await expect(snapshots.load(lane, reader, other)).rejects.toMatchObject(damage)
  await expect(snapshots.load(lane, reader, { ...state, format: 'zip' })).rejects.toMatchObject({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
  })
  for (const { name } of files.filter((file) => file.name !== 'contents.zst')) {
    const path = join(folder, name)
    const good = readFileSync(path)
    for (let offset = 0; offset < good.length; offset += 7) {
      const bad = Buffer.from(good)
      bad.writeUInt8(bad.readUInt8(offset) ^ 1, offset)
      writeFileSync(path, bad)
      await expect(snapshots.load(lane, reader, state)).rejects.toMatchObject(damage)
    }
    writeFileSync(path, good)
  }
  expect(held.get('lane-3')).toEqual(content)
})

test('folders without files come back, and tell states apart', async () => {
  const snapshots = await open({
    snapshot: {
      ...snapshot,
      save: ({ name }, _lane, folder) => {
        for (const path of Object.keys(held.get(name) ?? {})) mkdirSync(join(folder, path), { recursive: true })
        writeFileSync(join(folder, 'file'), '')
      },
      load: ({ name }, _lane, folder) => {
        const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
        held.set(name, Object.fromEntries(paths.map((path) => [path.replaceAll(sep, '/'), ''])))
      },
    },
  })
  held.set(lane.name, { empty: '', 'a/b/c': '', 'ä ö': '' })
  const { state, reader, files } = await save(snapshots)
  expect(state.counts).toEqual({ files: 4 })
  expect(files.map(({ name }) => name)).toEqual(['file-2.zst', 'names.zst', 'contents.zst'])
  held.set(lane.name, { 'a/b': '' })
  const other = await snapshots.describe(lane)
  expect(other.digests).not.toEqual(state.digests)
  await using loaded = await snapshots.load(lane, reader, state)
  await loaded.swap()
  expect(Object.keys(held.get(lane.name) ?? {}).sort()).toEqual(['a', 'a/b', 'a/b/c', 'empty', 'file', 'ä ö'])
  await expect(snapshots.load(lane, reader, other)).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_DAMAGED' })
})

test.skipIf(!canMount)('without room for temporary files, the error says where there is none', async () => {
  const snapshots = await open()
  held.set(lane.name, { large: randomBytes(1_000_000).toString('hex') })
  const { state, reader } = await save(snapshots)
  const small = join(root, 'small')
  mkdirSync(small)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'isolane-test', small])
  vi.stubEnv('TMPDIR', small)
  try {
    await expect(snapshots.load(lane, reader, state)).rejects.toMatchObject({
      code: 'ISOLANE_DISK_FULL',
      message: expect.stringMatching(/^No space left for the snapshot in .*small.*: free some, or .* TMPDIR/),
    })
    expect(readdirSync(small)).toEqual([])
  } finally {
    vi.unstubAllEnvs()
    execFileSync('umount', ['-l', small])
  }
})

test.each(['', '{', '{}', '["a"', 'null'])('a list that reads %o is damaged', async (text) => {
  const snapshots = await open()
  const folder = mkdtempSync(join(root, 'forged-'))
  const files = new StateFolderWriter(folder)
  await files.write('names', [Buffer.from(text)])
  const forged = { format: 'files', version: '1', details: {}, counts: { files: 0 }, digests: { files: '' } }
  const loading = snapshots.load(lane, new StateFolderReader(folder, files.files), forged)
  await expect(loading).rejects.toMatchObject({
    code: 'ISOLANE_SNAPSHOT_DAMAGED',
    message: expect.stringContaining('it is no list of names'),
  })
})

test.each(['../up', '..', '', 'a/../../up', '../up/', './', '/etc/isolane', 7])(
  'a list with the name %o is refused',
  async (name) => {
    const snapshots = await open()
    const folder = mkdtempSync(join(root, 'forged-'))
    const files = new StateFolderWriter(folder)
    await files.write('names', [Buffer.from(JSON.stringify([name]))])
    await files.write('file-0', [Buffer.from('forged')])
    const forged = { format: 'files', version: '1', details: {}, counts: { files: 1 }, digests: { files: '' } }
    const loading = snapshots.load(lane, new StateFolderReader(folder, files.files), forged)
    await expect(loading).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_DAMAGED' })
    expect(existsSync('/etc/isolane') || existsSync(join(tmpdir(), 'up'))).toBe(false)
  },
)

test.skipIf(process.platform === 'win32')('a link that was saved is an error, not something left out', async () => {
  const save = (_server: unknown, _lane: unknown, folder: string) => symlinkSync('/etc/passwd', join(folder, 'link'))
  const snapshots = await open({ snapshot: { ...snapshot, save } })
  const failed = snapshots.save(lane, new StateFolderWriter(root))
  await expect(failed).rejects.toThrow('link is neither a file nor a folder')
})

test('what the functions throw names them, without the password', async () => {
  const refuse = () => {
    throw new Error(`admin:${password}@store refused`)
  }
  const snapshots = await open({ snapshot: { ...snapshot, save: refuse } })
  await expect(snapshots.describe(lane)).rejects.toMatchObject({
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: expect.stringContaining("lane-3 can't be saved, as `snapshot.save` of the config threw: admin:•••@store"),
  })
  const broken = await open({ snapshot: { ...snapshot, load: refuse } })
  const mark = await broken.mark(lane)
  await expect(mark.restore()).rejects.toMatchObject({
    code: 'ISOLANE_RESTORE_FAILED',
    message: expect.stringMatching(/`snapshot.load` .*•••/),
  })
  await mark[Symbol.asyncDispose]()
})

test('without them lanes can not be saved, and the reason names the option', async () => {
  expect(await open({})).toEqual({ unsupported: expect.stringContaining('`snapshot`') })
  const half = { snapshot: { save() {} } } as unknown as ContainerOptions
  await expect(open(half)).rejects.toThrow('option "snapshot.load" is invalid')
})
