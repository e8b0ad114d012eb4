import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress, constants as zlib } from 'node:zlib'
import { create } from 'tar'
import type { SavedState } from '../../core/contracts.ts'
import { Meter } from '../../core/meter.ts'
import { packageVersion } from '../../core/package-root.ts'
import { writeFailed } from '../../core/state-files.ts'
import { logged } from '../acts.ts'
import { makeFolder, syncFolder } from '../durable.ts'
import { manifestFile } from '../names.ts'
import { registerFolder } from '../registered.ts'
import { type ExportedTemplate, manifestText, storedFile } from './manifest.ts'
import { nothingTravels, type Staying, type TemplatePlan, type Travelling } from './plan.ts'

export interface Exported {
  /** Absolute. */
  readonly file: string
  readonly bytes: number
  /** By name; their bytes in the file. */
  readonly services: Readonly<Record<string, number>>
  /** Those that are not in it, and why. */
  readonly staying: readonly Staying[]
}

/**
 * Writes the templates of a stack into one file, in place of any that is there. Those that are not kept yet are made first.
 * @throws ISOLANE_TEMPLATE_REFUSED when there is none to write, ISOLANE_DISK_FULL, and what migrations fail with
 */
export function exportTemplates(plan: TemplatePlan, file: string): Promise<Exported> {
  return logged('template export', plan.key, () => exportAll(plan, file))
}

async function exportAll(plan: TemplatePlan, file: string): Promise<Exported> {
  const kept = await Promise.all(plan.travelling.map(keptState))
  const there = kept.filter(({ folder }) => folder !== undefined) as readonly Kept[]
  const empty = kept.filter(({ folder }) => folder === undefined)
  const reason = 'there is nothing to take along: its lanes begin empty'
  const staying = [...plan.staying, ...empty.map(({ service }) => ({ name: service.name, reason }))]
  if (there.length === 0) throw nothingTravels(staying)
  const target = resolve(file)
  const folder = dirname(target)
  await makeFolder(folder)
  const stage = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}.partial`)
  const registered = registerFolder(stage)
  try {
    await mkdir(stage, { mode: 0o700 })
    const services = Object.fromEntries(await Promise.all(there.map((each) => packService(each, stage))))
    await writeManifest(stage, plan.key, services)
    const bytes = await packAll(stage, Object.keys(services))
    await rename(join(stage, whole), target)
    await syncFolder(folder)
    const sizes = Object.entries(services).map(([name, service]) => [name, service.bytes])
    return { file: target, bytes, services: Object.fromEntries(sizes), staying }
  } catch (error) {
    throw writeFailed(error, folder)
  } finally {
    await rm(stage, { recursive: true, force: true }).then(registered.release, () => {})
  }
}

const whole = 'templates.tar'

interface Kept extends SavedState {
  readonly service: Travelling
  readonly folder: string
}

async function keptState(service: Travelling): Promise<SavedState & { readonly service: Travelling }> {
  const before = await service.saved()
  if (before.folder !== undefined) return { ...before, service }
  await service.make()
  return { ...(await service.saved()), service }
}

async function packService({ service, fits, folder }: Kept, stage: string): Promise<[string, ExportedTemplate]> {
  const { name, kind, fingerprint } = service
  const content = new Meter({ digest: false })
  const compress = createZstdCompress({ params: { [zlib.ZSTD_c_checksumFlag]: 1 } })
  const stored = await write(join(stage, storedFile(name)), folder, ['.'], [content, compress])
  const { bytes: contentBytes } = content
  return [name, { kind, fingerprint, fits, bytes: stored.bytes, sha256: stored.hex(), contentBytes }]
}

async function packAll(stage: string, services: readonly string[]): Promise<number> {
  // The manifest is first, so that who reads it knows what is to come.
  const files = [manifestFile, ...services.map(storedFile)]
  return (await write(join(stage, whole), stage, files, [])).bytes
}

async function write(
  path: string,
  cwd: string,
  entries: readonly string[],
  through: readonly Transform[],
): Promise<Meter> {
  // `portable`: nothing of this machine, such as owners and inode numbers.
  const archive = Readable.from(create({ portable: true, strict: true, jobs: 1, cwd }, [...entries]), {
    objectMode: false,
  })
  const written = new Meter()
  const file = await open(path, 'wx', 0o600)
  try {
    await pipeline([archive, ...through, written, file.createWriteStream({ flush: true })])
  } finally {
    await file.close().catch(() => {})
  }
  return written
}

async function writeManifest(
  stage: string,
  key: string,
  services: Readonly<Record<string, ExportedTemplate>>,
): Promise<void> {
  const text = manifestText({ key, createdAt: new Date().toISOString(), isolane: packageVersion(), services })
  await writeFile(join(stage, manifestFile), text, { mode: 0o600 })
}
