import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ReadEntry } from 'tar'
import { makeStateFolder, stateFolder } from '../core/folders.ts'
import { writeFailed } from '../core/state-files.ts'
import { logged } from './acts.ts'
import { type ArchiveListing, entryPath, listArchive, readArchive } from './archive-listing.ts'
import { checkSpace } from './disk.ts'
import { manifestFile } from './names.ts'
import { foldersOf, type OpenSnapshot, openFolder } from './open-snapshot.ts'
import { registerFolder } from './registered.ts'

/**
 * Unpacks an archive into a folder that only our own user can enter, and that goes when the snapshot is disposed of. What
 * is in it is known before anything is written, and nothing is written where the archive says: paths are the manifest's.
 * @throws ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_SNAPSHOT_REFUSED, ISOLANE_DISK_FULL
 */
export async function openArchive(path: string): Promise<OpenSnapshot> {
  const listing = await listArchive(path)
  const { name } = listing.manifest
  return logged('unpack', name, async () => {
    const parent = join(stateFolder(), 'unpacked')
    makeStateFolder(parent)
    await checkSpace(parent, listing.bytes)
    const folder = join(parent, `${name}.${randomBytes(6).toString('hex')}`)
    const registered = registerFolder(folder)
    const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 }).then(registered.release)
    try {
      await unpack(path, listing, folder)
      const opened = await openFolder(folder)
      const dispose = async () => {
        await opened[Symbol.asyncDispose]()
        await remove()
      }
      return { ...opened, [Symbol.asyncDispose]: dispose }
    } catch (error) {
      await remove().catch(() => {})
      throw writeFailed(error, parent)
    }
  })
}

async function unpack(path: string, { manifest, files }: ArchiveListing, folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 })
  for (const segments of foldersOf(manifest)) await mkdir(join(folder, ...segments), { mode: 0o700 })
  const targets = new Map([...files.keys(), manifestFile].map((file) => [file, join(folder, ...file.split('/'))]))
  await readArchive(path, async (entry: ReadEntry) => {
    const target = targets.get(entryPath(entry).inside)
    if (target === undefined) entry.resume()
    else await pipeline(entry, createWriteStream(target, { flags: 'wx', mode: 0o600 }))
  })
}
