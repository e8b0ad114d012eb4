import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { create } from 'tar'
import { IsolaneError } from '../core/errors.ts'
import { writeFailed } from '../core/state-files.ts'
import { logged } from './acts.ts'
import { checkSpace } from './disk.ts'
import { exists, makeFolder, publishFile } from './durable.ts'
import { manifestFile } from './names.ts'
import { filesOf, foldersOf, type OpenSnapshot } from './open-snapshot.ts'
import { registerFolder } from './registered.ts'
import { verify } from './verify.ts'

/** What has just been done. */
export type PackStep = 'verified' | 'begun' | 'written' | 'named'

export interface PackOptions {
  readonly onStep?: (step: PackStep) => void
}

/**
 * Writes a snapshot, once verified, into one file: a tar, not compressed again. It is there as a whole, or not at all.
 * @param file ends with `.tar`, and is not there yet
 * @throws ISOLANE_SNAPSHOT_EXISTS, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_DISK_FULL
 */
export async function packSnapshot(snapshot: OpenSnapshot, file: string, { onStep }: PackOptions = {}): Promise<void> {
  await logged('pack', snapshot.name, async () => {
    const target = resolve(file)
    if (await exists(target)) throw taken(target)
    await verify(snapshot, {})
    onStep?.('verified')
    const folder = dirname(target)
    await makeFolder(folder)
    await checkSpace(folder, snapshot.bytes)
    const partial = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}.partial`)
    const registered = registerFolder(partial)
    try {
      await write(snapshot, partial, () => onStep?.('begun'))
      onStep?.('written')
      if (!(await publishFile(partial, target))) throw taken(target)
      onStep?.('named')
    } catch (error) {
      throw writeFailed(error, folder)
    } finally {
      await rm(partial, { force: true }).then(registered.release, () => {})
    }
  })
}

/** The manifest is first, so that who reads it knows what is to come. */
async function write({ folder, manifest }: OpenSnapshot, partial: string, begun: () => void): Promise<void> {
  const inside = [[manifestFile], ...foldersOf(manifest), ...filesOf(manifest).map(({ path }) => path)]
  const paths = inside.map((segments) => segments.join('/'))
  const options = { cwd: folder, prefix: manifest.name, portable: true, noDirRecurse: true, strict: true, jobs: 1 }
  const entries = create(options, paths)
  const file = await open(partial, 'wx', 0o600)
  begun()
  try {
    await pipeline(Readable.from(entries, { objectMode: false }), file.createWriteStream({ flush: true }))
  } finally {
    await file.close().catch(() => {})
  }
}

function taken(file: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_EXISTS',
    message: `${file} is there already`,
    remedy: 'choose another name, or remove it first',
  })
}
