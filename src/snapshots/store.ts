import { realpathSync } from 'node:fs'
import { lstat, readdir, realpath } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { ResolvedConfig } from '../core/config.ts'
import { IsolaneError, messageOf } from '../core/errors.ts'
import { fingerprint } from '../core/fingerprint.ts'
import { stateFolder } from '../core/folders.ts'
import { closest } from '../core/options.ts'
import { damaged } from '../core/state-files.ts'
import { sizeOf } from './disk.ts'
import { exists, makeFolder } from './durable.ts'
import type { Manifest } from './manifest.ts'
import { isName, isPath } from './names.ts'
import { type OpenSnapshot, openFolder, readManifest } from './open-snapshot.ts'
import { openArchive } from './unpack.ts'

/** A snapshot as it lies in a store. */
export interface SnapshotEntry {
  readonly name: string
  readonly folder: string
  /** On disk. */
  readonly bytes: number
  /** Absent where it can't be used; `problem` says why. */
  readonly manifest?: Manifest
  readonly problem?: string
}

/** The folder with a project's snapshots. */
export class SnapshotStore {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** That of a config's project: below the state folder, or where `ISOLANE_SNAPSHOT_DIR` says, seen from the project. */
  static of({ root }: Pick<ResolvedConfig, 'root'>, environment: NodeJS.ProcessEnv = process.env): SnapshotStore {
    const { ISOLANE_SNAPSHOT_DIR: own } = environment
    if (own) return new SnapshotStore(resolve(root, own))
    const project = fingerprint(realpathSync(root)).slice(0, 16)
    return new SnapshotStore(join(stateFolder(environment), 'snapshots', project))
  }

  /** Makes the folder. @throws ISOLANE_SNAPSHOT_FAILED */
  async prepare(): Promise<void> {
    try {
      await makeFolder(this.folder, 0o700)
    } catch (error) {
      throw new IsolaneError({
        code: 'ISOLANE_SNAPSHOT_FAILED',
        message: `The folder for snapshots can't be made (${messageOf(error)})`,
        remedy: 'set ISOLANE_SNAPSHOT_DIR to a folder this user may write',
        cause: error,
      })
    }
  }

  /** Newest first: in the order in which they were made, whatever the clock said. Those that can't be used come last. */
  async list(): Promise<readonly SnapshotEntry[]> {
    const found = await readdir(this.folder, { withFileTypes: true }).catch(() => [])
    const names = found.filter((entry) => entry.isDirectory() && isName(entry.name)).map(({ name }) => name)
    const entries = await Promise.all(names.map((name) => this.#entry(name)))
    return entries.flatMap((entry) => entry ?? []).sort(newestFirst)
  }

  /**
   * @param nameOrPath a name, or a path to a snapshot's folder or archive: whatever has a slash or ends with `.tar`
   * @throws ISOLANE_SNAPSHOT_NOT_FOUND, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_SNAPSHOT_REFUSED, ISOLANE_DISK_FULL
   */
  async open(nameOrPath: string): Promise<OpenSnapshot> {
    if (isPath(nameOrPath)) return openPath(nameOrPath)
    const folder = join(this.folder, nameOrPath)
    if (!isName(nameOrPath) || !(await isFolder(folder))) throw await this.#notFound(nameOrPath)
    const opened = await openFolder(folder)
    if (opened.name === nameOrPath) return opened
    await opened[Symbol.asyncDispose]()
    throw renamed(folder, opened.name)
  }

  /** `undefined` for what was removed meanwhile. */
  async #entry(name: string): Promise<SnapshotEntry | undefined> {
    const folder = join(this.folder, name)
    const bytes = await sizeOf(folder)
    try {
      const { manifest, bytes: expected } = await readManifest(folder)
      if (manifest.name !== name) throw renamed(folder, manifest.name)
      if (bytes !== expected) throw damaged(folder, `it has ${bytes} bytes instead of ${expected}`)
      return { name, folder, bytes, manifest }
    } catch (error) {
      return (await exists(folder)) ? { name, folder, bytes, problem: messageOf(error) } : undefined
    }
  }

  async #notFound(name: string): Promise<IsolaneError> {
    const names = (await this.list()).map((entry) => entry.name)
    const meant = closest(name, names)
    const others = names.length > 0 ? `there are ${names.slice(0, 8).join(', ')}` : 'there are none'
    return new IsolaneError({
      code: 'ISOLANE_SNAPSHOT_NOT_FOUND',
      message: `There is no snapshot ${JSON.stringify(name)} in ${this.folder}${meant === undefined ? '' : `; did you mean ${meant}`}`,
      remedy: `${others}${names.length > 8 ? ', …' : ''}; a path begins with ./`,
    })
  }
}

export function newestFirst(left: SnapshotEntry, right: SnapshotEntry): number {
  if (!left.manifest || !right.manifest) {
    return Number(!left.manifest) - Number(!right.manifest) || compare(left.name, right.name)
  }
  return (
    right.manifest.sequence - left.manifest.sequence ||
    Date.parse(right.manifest.createdAt) - Date.parse(left.manifest.createdAt) ||
    compare(left.name, right.name)
  )
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}

async function openPath(path: string): Promise<OpenSnapshot> {
  const real = await realpath(resolve(path)).catch((error) => {
    throw new IsolaneError({
      code: 'ISOLANE_SNAPSHOT_NOT_FOUND',
      message: `There is no snapshot at ${path} (${error.code})`,
      remedy: 'name the folder that holds manifest.json, or the .tar file',
      cause: error,
    })
  })
  return (await isFolder(real)) ? openFolder(real) : openArchive(real)
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true
}

/** Somebody may have swapped two: what is asked for by its name is that, or nothing. */
function renamed(folder: string, name: string): IsolaneError {
  return damaged(folder, `it was made as "${name}" (give ${basename(folder)} that name again, or open it by its path)`)
}
