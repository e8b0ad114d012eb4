import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress, createZstdDecompress, constants as zlib } from 'node:zlib'
import type { StateReader, StateWriter } from './contracts.ts'
import { IsolaneError } from './errors.ts'
import { Meter } from './meter.ts'

/** One file of a saved state, as it stands on disk: compressed. */
export interface StateFile {
  /** Inside the state's folder. */
  readonly name: string
  readonly bytes: number
  /** Of the file as it is on disk, so that `sha256sum` gives the same. */
  readonly sha256: string
  /** What was given to write, before compression. */
  readonly contentBytes: number
}

const suffix = '.zst'
const namePattern = /^[a-z0-9][a-z0-9.-]{0,63}$/

/** Writes the files of one state into a folder, each compressed with zstd, and flushed to the disk. */
export class StateFolderWriter implements StateWriter {
  readonly files: StateFile[] = []
  readonly #folder: string

  /** @param folder there already, and empty */
  constructor(folder: string) {
    this.#folder = folder
  }

  async write(name: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    if (!namePattern.test(name)) throw new TypeError(`a file of a snapshot can't be named ${name}`)
    const stored = `${name}${suffix}`
    const given = new Meter({ digest: false })
    const written = new Meter()
    const compress = createZstdCompress({
      params: { [zlib.ZSTD_c_compressionLevel]: 3, [zlib.ZSTD_c_checksumFlag]: 1 },
    })
    const path = join(this.#folder, stored)
    const file = await open(path, 'wx', 0o600).catch((error) => {
      throw writeFailed(error, this.#folder)
    })
    try {
      await pipeline(
        Readable.from(content, { objectMode: false }),
        given,
        compress,
        written,
        file.createWriteStream({ flush: true }),
      )
    } catch (error) {
      await file.close().catch(() => {})
      await rm(path, { force: true }).catch(() => {})
      throw writeFailed(error, this.#folder)
    }
    this.files.push({ name: stored, bytes: written.bytes, sha256: written.hex(), contentBytes: given.bytes })
  }
}

/** Reads the files of one state, and finds out whether they are what was written. */
export class StateFolderReader implements StateReader {
  readonly #folder: string
  readonly #files: readonly StateFile[]

  constructor(folder: string, files: readonly StateFile[]) {
    this.#folder = folder
    this.#files = files
  }

  async *read(name: string): AsyncIterable<Uint8Array> {
    const stored = `${name}${suffix}`
    const file = this.#files.find((each) => each.name === stored)
    const path = join(this.#folder, stored)
    if (!file) throw damaged(path, 'it is not in the list of its files')
    const found = new Meter()
    const content = createZstdDecompress()
    let bytes = 0
    const pieces = content[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    const reading = pipeline(createReadStream(path), found, content)
    const closed = reading.catch(() => {})
    const fail = (error: unknown) => {
      throw damaged(path, 'it can not be read', error)
    }
    try {
      // Not `yield*`: what goes wrong with whoever takes the pieces is no damage.
      for (let next = await pieces.next().catch(fail); !next.done; next = await pieces.next().catch(fail)) {
        bytes += next.value.length
        if (bytes > file.contentBytes) fail(new Error('there is more in it than was written'))
        yield next.value
      }
      await reading.catch(fail)
    } finally {
      content.destroy()
      await closed
    }
    if (found.hex() !== file.sha256) throw damaged(path, 'its contents have changed')
  }
}

const elsewhere = 'free some, or have it written elsewhere with ISOLANE_SNAPSHOT_DIR; nothing that was there is lost'

/**
 * @param remedy how to have room in that folder, where it is not the one of snapshots
 * @returns the error as it was, unless the disk is full.
 */
export function writeFailed(error: unknown, folder: string, remedy = elsewhere): unknown {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new IsolaneError({
    code: 'ISOLANE_DISK_FULL',
    message: `No space left for the snapshot in ${folder}`,
    remedy,
    cause: error,
  })
}

export function damaged(path: string, why: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_DAMAGED',
    message: `${path} is damaged: ${why}`,
    remedy: 'use another snapshot, or another copy of this one; nothing was changed',
    ...(cause === undefined ? {} : { cause }),
  })
}
