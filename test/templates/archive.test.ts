import { createHash, randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { create, extract } from 'tar'
import { afterEach, describe, expect, test } from 'vitest'
import { placeSaved } from '../../src/runtimes/native/saved.ts'
import { actsFile } from '../../src/snapshots/acts.ts'
import { unpackTemplate, verifyArchive } from '../../src/snapshots/templates/archive.ts'
import { importTemplates } from '../../src/snapshots/templates/import.ts'
import {
  type ExportedTemplate,
  manifestText,
  parseManifest,
  type TemplateManifest,
} from '../../src/snapshots/templates/manifest.ts'
import { exportTemplates } from '../../src/snapshots/templates/pack.ts'
import type { TemplatePlan, Travelling } from '../../src/snapshots/templates/plan.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'isolane-templates-'))
  folders.push(folder)
  return folder
}

/** A machine with a cache of its own, where one service's template may be kept. */
function machine(changes: { fits?: Record<string, string>; fingerprint?: string; name?: string } = {}) {
  const cache = temporaryFolder()
  const folder = join(cache, 'saved', 'one')
  const keep = (fill: (state: string) => Promise<void>) => placeSaved(folder, cache, fill)
  const service: Travelling = {
    name: changes.name ?? 'shop',
    kind: 'postgres',
    fingerprint: changes.fingerprint ?? 'f'.repeat(64),
    saved: async () => ({
      fits: { engine: 'postgres', version: '17.9', platform: 'linux-x64', ...changes.fits },
      ...(readdirSync(cache).includes('saved') && readdirSync(join(cache, 'saved')).includes('one')
        ? { folder: join(folder, 'state') }
        : {}),
      adopt: keep,
    }),
    make: async () => {
      await keep(async (state) => {
        mkdirSync(join(state, 'base', 'empty'), { recursive: true, mode: 0o700 })
        writeFileSync(join(state, 'base', '1'), randomBytes(100_000), { mode: 0o600 })
        writeFileSync(join(state, 'PG_VERSION'), '17\n', { mode: 0o600 })
      })
    },
  }
  const plan: TemplatePlan = { key: 'key', travelling: [service], staying: [{ name: 'files', reason: 'it has none' }] }
  return { plan, cache, state: join(folder, 'state') }
}

async function exported(): Promise<{ file: string; from: ReturnType<typeof machine> }> {
  const from = machine()
  const file = join(temporaryFolder(), 'some', 'templates.tar')
  await exportTemplates(from.plan, file)
  return { file, from }
}

function left(cache: string): string[] {
  return readdirSync(cache, { recursive: true }).map(String)
}

describe('templates of one machine on another', () => {
  test('what is not kept yet is made, and comes out as it went in', async () => {
    const { file, from } = await exported()
    const to = machine()
    expect(await importTemplates(to.plan, file)).toEqual({ shop: true })
    const log = readFileSync(actsFile(), 'utf8').trim().split('\n')
    expect(log.slice(-2).map((line) => JSON.parse(line))).toMatchObject([
      { act: 'template export', snapshot: 'key', result: 'done' },
      { act: 'template import', snapshot: 'key', result: 'done' },
    ])
    expect(left(to.state).sort()).toEqual(left(from.state).sort())
    expect(readFileSync(join(to.state, 'base', '1'))).toEqual(readFileSync(join(from.state, 'base', '1')))
    expect(readdirSync(join(file, '..'))).toEqual(['templates.tar'])
  })

  test('what is there already stays, and of two imports at once one wins', async () => {
    const { file, from } = await exported()
    expect(await importTemplates(from.plan, file)).toEqual({ shop: false })
    const to = machine()
    const both = await Promise.all([importTemplates(to.plan, file), importTemplates(to.plan, file)])
    expect(both.map(({ shop }) => shop).sort()).toEqual([false, true])
    expect(readdirSync(join(to.cache, 'saved'))).toEqual(['one'])
  })

  test.each([
    [{ fingerprint: 'e'.repeat(64) }, 'shop was made from other migrations, seeds or options'],
    [{ fits: { version: '17.10' } }, 'shop was made with the version 17.9, and here it is 17.10'],
    [{ fits: { platform: 'darwin-arm64' } }, 'shop was made with the platform linux-x64, and here it is darwin-arm64'],
    [{ fits: { additions: 'vector 1' } }, 'shop was made with the additions -, and here it is vector 1'],
    [{ name: 'other' }, 'shop: the config has no such service'],
  ])('%j is refused', async (changes, why) => {
    const { file } = await exported()
    const to = machine(changes)
    await expect(importTemplates(to.plan, file)).rejects.toMatchObject({
      code: 'ISOLANE_TEMPLATE_REFUSED',
      reason: `${file} does not fit this stack: ${why}`,
    })
    expect(left(to.cache)).toEqual([])
  })

  test('a stack none of whose templates can travel says why', async () => {
    const { plan } = machine()
    const [service] = plan.travelling
    const empty = { ...plan, travelling: service ? [{ ...service, make: async () => {} }] : [] }
    await expect(exportTemplates(empty, join(temporaryFolder(), 'x.tar'))).rejects.toMatchObject({
      code: 'ISOLANE_TEMPLATE_REFUSED',
      reason: expect.stringMatching(/files: it has none; shop: there is nothing to take along/),
    })
  })
})

describe('an archive that is not as it was written', () => {
  const refuses = async (file: string, why: RegExp) => {
    const to = machine()
    const error = await importTemplates(to.plan, file).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ISOLANE_TEMPLATE_REFUSED', reason: expect.stringMatching(why) })
    expect(left(to.cache)).toEqual([])
  }

  test('one bit flipped anywhere is found', async () => {
    const { file } = await exported()
    const whole = readFileSync(file)
    const ends = whole.findLastIndex((byte) => byte !== 0)
    for (let at = 0; at < ends; at += Math.ceil(ends / 30)) {
      // A tar pads with zeros, which mean nothing.
      if (whole[at] === 0) continue
      const damaged = Buffer.from(whole)
      damaged.writeUInt8((whole[at] ?? 0) ^ 4, at)
      writeFileSync(file, damaged)
      await refuses(file, /./)
    }
  })

  test.each([0, 100, 512, 1_500, 3_000, 100_000])('cut off after %i bytes', async (length) => {
    const { file } = await exported()
    writeFileSync(file, readFileSync(file).subarray(0, length))
    await refuses(file, /is damaged|is no archive/)
  })

  test('no such file, a folder, some other file', async () => {
    await refuses('/no/such/file.tar', /can't be read \(ENOENT\)/)
    await refuses(temporaryFolder(), /can't be read \(EISDIR\)/)
    await refuses(import.meta.filename, /is damaged|is no archive/)
  })

  test('another format, another checksum, no object', async () => {
    const contents = { key: 'key', createdAt: '', isolane: '9', services: {} }
    const value = JSON.parse(manifestText(contents)) as TemplateManifest
    const parse = (text: string) => () => parseManifest(text, 'x.tar')
    expect(parse(JSON.stringify(value))()).toEqual(value)
    expect(parse(JSON.stringify({ ...value, format: 2 }))).toThrow('has the format 2, and this version reads 1')
    expect(parse(JSON.stringify({ ...value, key: 'other' }))).toThrow('the checksum of its manifest.json differs')
    expect(parse('[]')).toThrow('is no JSON object')
    expect(parse('{')).toThrow('is no JSON')
    const services = { '../x': {} } as unknown as TemplateManifest['services']
    expect(parse(manifestText({ ...contents, services }))).toThrow("is none of Isolane's")
  })

  test.each([
    ['link', (folder: string) => symlinkSync('/etc/passwd', join(folder, 'link')), /link is a SymbolicLink/],
    ['hard link', (folder: string) => cpSync(join(folder, 'a'), join(folder, 'b')), undefined],
  ] as const)('a %s in it', async (_what, add, why) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a'), 'a')
    add(folder)
    const tar = Buffer.concat(await Array.fromAsync(create({ cwd: folder, portable: true }, ['.'])))
    const file = await forged(tar)
    if (why) await refuses(file, why)
    else expect(await importTemplates(machine().plan, file)).toEqual({ shop: true })
  })

  test.each([
    ['compressed again', (tar: Buffer) => zstdCompressSync(tar), /is no plain tar/],
    ['of a few bytes', () => Buffer.from('few'), /is no plain tar/],
    ['with nothing in it', () => Buffer.alloc(0), /is no plain tar/],
  ])('a template that is %s', async (_what, change, why) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a'), 'a')
    const tar = Buffer.concat(await Array.fromAsync(create({ cwd: folder, portable: true }, ['.'])))
    await refuses(await forged(change(tar)), why)
  })

  test('one that was exchanged after it was verified', async () => {
    const { file } = await exported()
    const { services } = await verifyArchive(file)
    const [folder, empty] = [temporaryFolder(), temporaryFolder()]
    writeFileSync(join(empty, 'manifest.json'), '{}')
    await create({ file, cwd: empty, portable: true }, ['manifest.json'])
    const shop = services.shop as ExportedTemplate
    await expect(unpackTemplate(file, 'shop', shop, folder)).rejects.toThrow(/shop.tar.zst is missing.*REFUSED/)
    writeFileSync(file, zstdCompressSync(readFileSync(file)))
    await expect(unpackTemplate(file, 'shop', shop, folder)).rejects.toThrow(/is no plain tar.*REFUSED/)
  })

  test('one for which there is no room', async () => {
    const { file } = await exported()
    const { services } = await verifyArchive(file)
    const shop = { ...(services.shop as ExportedTemplate), contentBytes: 2 ** 50 }
    await expect(unpackTemplate(file, 'shop', shop, temporaryFolder())).rejects.toThrow('ISOLANE_DISK_FULL')
  })

  test.each(['../outside', '/outside', 'a/../../outside'])('the path %s in it', async (path) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a'), 'a')
    const onWriteEntry = (entry: { path: string }) => {
      entry.path = path
    }
    const tar = Buffer.concat(await Array.fromAsync(create({ cwd: folder, portable: true, onWriteEntry }, ['a'])))
    await refuses(await forged(tar), /outside leaves the folder/)
  })
})

/** An archive whose manifest is right about what is in it, whatever that is. */
async function forged(tar: Buffer): Promise<string> {
  const { file } = await exported()
  const folder = temporaryFolder()
  await extract({ file, cwd: folder })
  const stored = zstdCompressSync(tar)
  writeFileSync(join(folder, 'shop.tar.zst'), stored)
  const { services, ...manifest } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as TemplateManifest
  const sha256 = createHash('sha256').update(stored).digest('hex')
  const sizes = { bytes: stored.length, contentBytes: tar.length, sha256 }
  const shop = { ...(services.shop as NonNullable<typeof services.shop>), ...sizes }
  const { format: _format, checksum: _checksum, ...contents } = { ...manifest, services: { shop } }
  writeFileSync(join(folder, 'manifest.json'), manifestText(contents))
  await create({ file, cwd: folder, portable: true }, ['manifest.json', 'shop.tar.zst'])
  return file
}
