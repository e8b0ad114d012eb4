import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ContainerSpec } from '../../core/contracts.ts'

const block = 512

/** Who owns what is copied in. */
export interface FileOwner {
  readonly uid: number
  readonly gid: number
}

/** The files as the archive that an engine unpacks at the root of a container. Texts are taken as they are. */
export function archiveOf(files: NonNullable<ContainerSpec['files']>, owner: FileOwner): Readable {
  return Readable.from(pack(files, owner), { objectMode: false })
}

async function* pack(files: NonNullable<ContainerSpec['files']>, owner: FileOwner): AsyncGenerator<Buffer> {
  for (const [path, file] of Object.entries(files)) {
    const mode = file.mode ?? 0o600
    const name = path.replace(/^\/+/, '')
    if ('text' in file) {
      const text = Buffer.from(file.text)
      yield header(name, text.length, mode, owner)
      yield text
      yield padding(text.length)
    } else {
      const { size } = await stat(file.source)
      yield header(name, size, mode, owner)
      if (size > 0) for await (const chunk of createReadStream(file.source, { end: size - 1 })) yield chunk as Buffer
      yield padding(size)
    }
  }
  yield Buffer.alloc(2 * block)
}

/** POSIX ustar: a path may have 100 bytes, or 155 more before one of its slashes. */
function header(path: string, size: number, mode: number, { uid, gid }: FileOwner): Buffer {
  const { name, folder } = split(path)
  const bytes = Buffer.alloc(block)
  bytes.write(name, 0)
  const numbers: readonly [number, number, number][] = [
    [mode, 100, 8],
    [uid, 108, 8],
    [gid, 116, 8],
    [size, 124, 12],
    [Math.floor(Date.now() / 1_000), 136, 12],
  ]
  for (const [value, offset, length] of numbers) bytes.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset)
  bytes.write(' '.repeat(8), 148)
  bytes.write('0', 156)
  bytes.write('ustar\x0000', 257)
  bytes.write(folder, 345)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

function split(path: string): { name: string; folder: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, folder: '' }
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const [folder, name] = [path.slice(0, slash), path.slice(slash + 1)]
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(folder) <= 155) return { name, folder }
  }
  throw new RangeError(`the path ${path} is too long for a file in a container`)
}

function padding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block)
}
