import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { StateReader, StateWriter } from '../../core/contracts.ts'
import { StateContents, shortDigest } from '../../core/state-contents.ts'
import { damaged, writeFailed } from '../../core/state-files.ts'

/** Lists the files of the folder, as JSON, in the order of {@link stored}. */
const listing = 'names'
const group = 'files'

/** Bytes that lists and compression add to each file; and to all together. */
const perFile = 1_024
const leastBytes = 4_096

/** A temporary folder that a user's functions save a lane into, or load it from. Folders without files are left out. */
export class PackedFolder implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<PackedFolder> {
    return new PackedFolder(await mkdtemp(join(tmpdir(), 'isolane-state-')))
  }

  async size(): Promise<number> {
    const sizes = await Promise.all((await this.#names()).map(async (name) => (await stat(this.#file(name))).size))
    return sizes.reduce((sum, size) => sum + size + perFile, leastBytes)
  }

  /** What is in its files, by their names. @throws Error for what is neither a file nor a folder */
  async contents(): Promise<StateContents> {
    const contents = new StateContents()
    contents.addGroup(group)
    for (const name of await this.#names()) contents.add(group, shortDigest(name), await digestOf(this.#file(name)))
    return contents
  }

  async pack(files: StateWriter): Promise<void> {
    const names = await this.#names()
    for (const [index, name] of names.entries()) await files.write(stored(index), createReadStream(this.#file(name)))
    await files.write(listing, [Buffer.from(JSON.stringify(names))])
  }

  /** @throws ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_DISK_FULL */
  async unpack(files: StateReader): Promise<void> {
    const names = parseNames(Buffer.concat(await Array.fromAsync(files.read(listing))).toString())
    for (const [index, name] of names.entries()) {
      const file = this.#file(name)
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      const target = createWriteStream(file, { flags: 'wx', mode: 0o600 })
      await pipeline(files.read(stored(index)), target).catch((error) => {
        throw writeFailed(error, this.path)
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 10 })
  }

  /** Of all files, with `/` on every system. */
  async #names(): Promise<string[]> {
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true })
    const wrong = entries.find((entry) => !entry.isFile() && !entry.isDirectory())
    if (wrong) throw new Error(`${wrong.name} is neither a file nor a folder`)
    const files = entries.filter((entry) => entry.isFile())
    return files.map(({ parentPath, name }) => relative(this.path, join(parentPath, name)).replaceAll(sep, '/')).sort()
  }

  /** @throws ISOLANE_SNAPSHOT_DAMAGED for a name that leaves the folder */
  #file(name: string): string {
    const file = join(this.path, name)
    const way = relative(this.path, file)
    if (way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return file
    throw damaged(listing, `${JSON.stringify(name)} is no name inside a folder`)
  }
}

function stored(index: number): string {
  return `file-${index}`
}

function parseNames(text: string): string[] {
  const names: unknown = JSON.parse(text)
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  throw damaged(listing, 'it is no list of names')
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file)) hash.update(piece)
  return hash.digest('hex').slice(0, 16)
}
