import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { StateReader, StateWriter, TemporaryFolder } from '../../core/contracts.ts'
import { StateContents, shortDigest } from '../../core/state-contents.ts'
import { damaged, writeFailed } from '../../core/state-files.ts'

/** Lists the files of the folder, as JSON, in the order of {@link stored}. */
const listing = 'names'
const group = 'files'

/** Bytes that lists and compression add to each file; and to all together. */
const perFile = 1_024
const leastBytes = 4_096

/** A temporary folder that a user's functions save a lane into, or load it from. Names and contents are what counts. */
export class PackedFolder implements AsyncDisposable {
  readonly #folder: TemporaryFolder

  constructor(folder: TemporaryFolder) {
    this.#folder = folder
  }

  get path(): string {
    return this.#folder.path
  }

  async size(): Promise<number> {
    const sizes = await Promise.all((await this.#names()).map(async (name) => (await stat(this.#file(name))).size))
    return sizes.reduce((sum, size) => sum + size + perFile, leastBytes)
  }

  /** What is in its files, by their names. @throws Error for what is neither a file nor a folder */
  async contents(): Promise<StateContents> {
    const contents = new StateContents()
    contents.addGroup(group)
    for (const name of await this.#names()) contents.add(group, shortDigest(name), await this.#digest(name))
    return contents
  }

  async pack(files: StateWriter): Promise<void> {
    const names = await this.#names()
    for (const [index, name] of names.entries()) {
      if (!isFolder(name)) await files.write(stored(index), createReadStream(this.#file(name)))
    }
    await files.write(listing, [Buffer.from(JSON.stringify(names))])
  }

  /** @throws ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_DISK_FULL */
  async unpack(files: StateReader): Promise<void> {
    const names = parseNames(Buffer.concat(await Array.fromAsync(files.read(listing))).toString())
    for (const [index, name] of names.entries()) {
      const file = this.#file(name)
      await mkdir(isFolder(name) ? file : dirname(file), { recursive: true, mode: 0o700 })
      if (isFolder(name)) continue
      const target = createWriteStream(file, { flags: 'wx', mode: 0o600 })
      await pipeline(files.read(stored(index)), target).catch((error) => {
        throw writeFailed(error, this.path, 'free some, or name a folder with more room in TMPDIR (TEMP on Windows)')
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]()
  }

  /** Of all files, with `/` on every system, and of the folders that have nothing in them, with one at the end. */
  async #names(): Promise<string[]> {
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true })
    const wrong = entries.find((entry) => !entry.isFile() && !entry.isDirectory())
    if (wrong) throw new Error(`${wrong.name} is neither a file nor a folder`)
    const parents = new Set(entries.map(({ parentPath }) => relative(this.path, parentPath)))
    const paths = entries.map((entry) => ({ entry, path: relative(this.path, join(entry.parentPath, entry.name)) }))
    return paths
      .filter(({ entry, path }) => entry.isFile() || !parents.has(path))
      .map(({ entry, path }) => `${path.replaceAll(sep, '/')}${entry.isFile() ? '' : '/'}`)
      .sort()
  }

  async #digest(name: string): Promise<string> {
    return isFolder(name) ? shortDigest('') : digestOf(this.#file(name))
  }

  /** @throws ISOLANE_SNAPSHOT_DAMAGED for a name that leaves the folder */
  #file(name: string): string {
    const file = join(this.path, name)
    const way = relative(this.path, file)
    if (way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return file
    throw damaged(listing, `${JSON.stringify(name)} is no name inside a folder`)
  }
}

function isFolder(name: string): boolean {
  return name.endsWith('/')
}

function stored(index: number): string {
  return `file-${index}`
}

function parseNames(text: string): string[] {
  try {
    const names: unknown = JSON.parse(text)
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  } catch {
    // Told below.
  }
  throw damaged(listing, 'it is no list of names')
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file)) hash.update(piece)
  return hash.digest('hex').slice(0, 16)
}
