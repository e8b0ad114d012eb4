import { createReadStream } from 'node:fs'
import type { ReadEntry } from 'tar'
import { messageOf } from '../core/errors.ts'
import { damaged } from '../core/state-files.ts'
import { type Manifest, manifestLimit, parseManifest, snapshotRefused } from './manifest.ts'
import { manifestFile } from './names.ts'
import { filesOf, foldersOf, type ListedFile } from './open-snapshot.ts'
import { openRegularFile } from './regular-file.ts'
import { readEntries } from './tar-entries.ts'

/** An archive whose entries are exactly those of its manifest. */
export interface ArchiveListing {
  readonly manifest: Manifest
  /** By their path inside the snapshot, `lane-1/redis/keys.zst`. */
  readonly files: ReadonlyMap<string, ListedFile>
  /** Of all its files. */
  readonly bytes: number
}

/**
 * Reads what is in an archive, without writing anything.
 * @throws ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_SNAPSHOT_REFUSED
 */
export async function listArchive(path: string): Promise<ArchiveListing> {
  // Nobody is waited for who would write into a pipe.
  await (await openRegularFile(path))[Symbol.asyncDispose]()
  const sizes = new Map<string, number>()
  const tops = new Set<string>()
  const pieces: Buffer[] = []
  await readArchive(path, (entry) => {
    const { top, inside } = entryPath(entry)
    tops.add(top)
    if (tops.size > 1) throw refused(path, 'it has more than one folder')
    const isFolder = entry.type === 'Directory'
    const key = isFolder ? `${inside}/` : inside
    if (sizes.has(key)) throw refused(path, `it has ${inside} twice`)
    sizes.set(key, entry.size)
    if (key !== manifestFile) entry.resume()
    else if (entry.size > manifestLimit) throw refused(path, 'its manifest is too large')
    else entry.on('data', (piece) => pieces.push(piece))
  })
  if (!sizes.has(manifestFile)) throw damaged(path, `it has no ${manifestFile}`)
  const manifest = parseManifest(Buffer.concat(pieces).toString('utf8'), `${path}: ${manifestFile}`)
  const files = new Map(filesOf(manifest).map((file) => [file.path.join('/'), file]))
  const bytes = checkEntries(path, sizes, files, new Set(foldersOf(manifest).map((each) => each.join('/'))))
  return { manifest, files, bytes }
}

/** Where an entry is: the one folder at the top, and below it. @throws ISOLANE_SNAPSHOT_REFUSED */
export function entryPath({ path, type }: ReadEntry): { readonly top: string; readonly inside: string } {
  if (type !== 'File' && type !== 'OldFile' && type !== 'Directory') throw refused(path, `it is a ${type}`)
  const [top = '', ...below] = path.replace(/^\.\//, '').replace(/\/$/, '').split('/')
  if ([top, ...below].some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw refused(path, 'it leaves the folder')
  }
  return { top, inside: below.join('/') }
}

/** @param take reads the entry to its end, or has it pass: `entry.resume()` */
export function readArchive(path: string, take: (entry: ReadEntry) => Promise<void> | void): Promise<void> {
  return readEntries(createReadStream(path), take, (error) =>
    damaged(path, `it is not a whole tar archive (${messageOf(error)})`, error),
  )
}

function checkEntries(
  path: string,
  found: ReadonlyMap<string, number>,
  files: ReadonlyMap<string, ListedFile>,
  folders: ReadonlySet<string>,
): number {
  let bytes = 0
  for (const [key, size] of found) {
    bytes += size
    if (key.endsWith('/') ? key === '/' || folders.has(key.slice(0, -1)) : key === manifestFile) continue
    const file = files.get(key)
    if (!file) throw damaged(path, `${key} is not in its manifest`)
    if (file.bytes !== size) throw damaged(path, `${key} has ${size} bytes instead of ${file.bytes}`)
  }
  for (const key of files.keys()) if (!found.has(key)) throw damaged(path, `${key} is missing`)
  return bytes
}

function refused(path: string, why: string): Error {
  return snapshotRefused({
    message: `${path} can't be unpacked: ${why}`,
    remedy: 'it was not made by Isolane; use another copy, nothing was written',
  })
}
