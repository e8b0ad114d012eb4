import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { zstdDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StateFolderReader, StateFolderWriter } from '../../src/core/state-files.ts'

let folder: string
let writer: StateFolderWriter

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isolane-state-files-'))
  writer = new StateFolderWriter(folder)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const reader = () => new StateFolderReader(folder, writer.files)
const read = async (name: string) => Buffer.concat(await Array.fromAsync(reader().read(name)))

/** Files below the folder that this process has open, where the system tells. */
const openFiles = () =>
  (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd') : []).flatMap((number) => {
    try {
      const path = readlinkSync(join('/proc/self/fd', number))
      return path.startsWith(folder) ? [path] : []
    } catch {
      return []
    }
  })

async function* pieces(count: number, size: number) {
  for (let index = 0; index < count; index += 1) yield randomBytes(size)
}

describe('writing', () => {
  test.each([
    ['nothing', []],
    ['an empty piece between others', [Buffer.from('a'), Buffer.alloc(0), Buffer.from('b')]],
    ['a single byte of zero', [Buffer.of(0)]],
    ['many small pieces', Array.from({ length: 5_000 }, (_, index) => Buffer.from(`${index},`))],
    ['large pieces that can not be compressed', [randomBytes(300_000), randomBytes(1)]],
  ])('%s is read as it was written, and a plain file of zstd', async (_what, content) => {
    await writer.write('data', content)
    const wanted = Buffer.concat(content)
    expect((await read('data')).equals(wanted)).toBe(true)
    const stored = readFileSync(join(folder, 'data.zst'))
    expect(zstdDecompressSync(stored).equals(wanted)).toBe(true)
    const sha256 = createHash('sha256').update(stored).digest('hex')
    expect(writer.files).toEqual([{ name: 'data.zst', bytes: stored.length, sha256, contentBytes: wanted.length }])
    expect(statSync(join(folder, 'data.zst')).mode & 0o077).toBe(process.platform === 'win32' ? 0o066 : 0)
  })

  test('whoever has the content is not asked for more than can be written', async () => {
    let [given, most] = [0, 0]
    async function* counted() {
      for await (const piece of pieces(100, 65_536)) {
        given += piece.length
        most = Math.max(most, given - statSync(join(folder, 'data.zst')).size)
        yield piece
      }
    }
    await writer.write('data', counted())
    expect(given).toBe(6_553_600)
    expect(most).toBeLessThan(2_500_000)
  })

  test('of what fails half-way nothing stays, and the error is that of the content', async () => {
    async function* failing() {
      yield* pieces(4, 100_000)
      throw new Error('the server ended')
    }
    await expect(writer.write('data', failing())).rejects.toThrow('the server ended')
    expect(readdirSync(folder)).toEqual([])
    expect(writer.files).toEqual([])
    expect(openFiles()).toEqual([])
  })

  test.each(['../up', 'UPPER', '', '.hidden', 'a/b', 'a\\b', 'x'.repeat(65)])('refuses the name %o', async (name) => {
    await expect(writer.write(name, [])).rejects.toThrow(TypeError)
    expect(readdirSync(folder)).toEqual([])
  })

  test('overwrites nothing', async () => {
    await writer.write('data', [Buffer.from('first')])
    await expect(writer.write('data', [Buffer.from('second')])).rejects.toMatchObject({ code: 'EEXIST' })
    expect((await read('data')).toString()).toBe('first')
  })
})

const mount = (where: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'isolane-test', where])

describe.skipIf(!canMount())('on a disk that is full [needs a user who may mount]', () => {
  beforeEach(() => {
    mount(folder)
  })

  afterEach(() => {
    execFileSync('umount', [folder])
  })

  test('the error says where, and no part of a file stays', async () => {
    const failed = expect(writer.write('data', pieces(40, 16_384))).rejects
    await failed.toMatchObject({ code: 'ISOLANE_DISK_FULL', message: expect.stringContaining(folder) })
    expect(readdirSync(folder)).toEqual([])
    await writer.write('small', [Buffer.from('fits')])
    expect((await read('small')).toString()).toBe('fits')
  })
})

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const where = mkdtempSync(join(tmpdir(), 'isolane-mount-'))
  try {
    mount(where)
    execFileSync('umount', [where])
    return true
  } catch {
    return false
  } finally {
    rmSync(where, { recursive: true })
  }
}

describe('reading', () => {
  const flip = (offset: number) => {
    const path = join(folder, 'data.zst')
    const content = readFileSync(path)
    content.writeUInt8(content.readUInt8(offset) ^ 4, offset)
    writeFileSync(path, content)
  }

  test('a bit that flipped anywhere is found', async () => {
    await writer.write('data', [Buffer.from('all that was in it '.repeat(40))])
    const size = writer.files[0]?.bytes ?? 0
    expect(size).toBeGreaterThan(20)
    for (let offset = 0; offset < size; offset += 1) {
      flip(offset)
      await expect(read('data')).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_DAMAGED' })
      flip(offset)
    }
    expect((await read('data')).toString()).toContain('all that was in it')
  })

  test('a file that is cut short anywhere, goes on after its end, or is gone is found', async () => {
    await writer.write('data', pieces(2, 40_000))
    const path = join(folder, 'data.zst')
    const good = readFileSync(path)
    const damage = { code: 'ISOLANE_SNAPSHOT_DAMAGED', message: expect.stringContaining(path) }
    for (const length of [0, 1, 5, 100, good.length >> 1, good.length - 5, good.length - 1]) {
      truncateSync(path, length)
      await expect(read('data')).rejects.toMatchObject(damage)
      writeFileSync(path, good)
    }
    for (const more of [Buffer.of(0), Buffer.from('more'), good]) {
      writeFileSync(path, Buffer.concat([good, more]))
      await expect(read('data')).rejects.toMatchObject(damage)
    }
    rmSync(path)
    await expect(read('data')).rejects.toMatchObject(damage)
    await expect(read('other')).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_DAMAGED' })
    expect(openFiles()).toEqual([])
  })

  test('whoever stops early leaves no file open', async () => {
    await writer.write('data', pieces(20, 65_536))
    for await (const piece of reader().read('data')) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    expect(openFiles()).toEqual([])
  })

  test('what goes wrong with whoever reads is not taken for damage', async () => {
    await writer.write('data', pieces(20, 65_536))
    const source = Readable.from(reader().read('data'))
    const failing = pipeline(source, async (content: AsyncIterable<Uint8Array>) => {
      for await (const _piece of content) throw new Error('the program ended')
    })
    await expect(failing).rejects.toThrow('the program ended')
    const content = reader().read('data')[Symbol.asyncIterator]()
    await content.next()
    await expect(content.throw?.(new Error('enough'))).rejects.toThrow('enough')
    expect(openFiles()).toEqual([])
  })
})
