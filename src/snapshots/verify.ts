import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { damaged, StateFolderReader } from '../core/state-files.ts'
import { logged } from './acts.ts'
import { manifestFile } from './names.ts'
import { filesOf, foldersOf, type ListedFile, type OpenSnapshot } from './open-snapshot.ts'
import { openRegularFile } from './regular-file.ts'

/** A file that has been found to be as it was written. */
export interface VerifyStep {
  readonly file: string
  /** Of all files, so far and in the end. */
  readonly bytes: number
  readonly totalBytes: number
}

export interface VerifyOptions {
  /** Also decompresses everything. Default: false, since equal digests mean equal files. */
  readonly readData?: boolean
  readonly onStep?: (step: VerifyStep) => void
}

/**
 * Makes sure that a snapshot is what was written: nothing changed, nothing missing, nothing more.
 * @throws ISOLANE_SNAPSHOT_DAMAGED
 */
export async function verifySnapshot(snapshot: OpenSnapshot, options: VerifyOptions = {}): Promise<void> {
  await logged('verify', snapshot.name, () => verify(snapshot, options))
}

/** Without an entry in the log: part of another act. */
export async function verify({ folder, manifest }: OpenSnapshot, { readData, onStep }: VerifyOptions): Promise<void> {
  const files = filesOf(manifest)
  await checkTree(folder, [...foldersOf(manifest), ...files.map(({ path }) => path), [manifestFile]])
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const buffer = Buffer.allocUnsafe(1024 * 1024)
  let bytes = 0
  for (const file of files) {
    await checkFile(folder, file, buffer)
    if (readData) await readAll(folder, file)
    bytes += file.bytes
    onStep?.({ file: file.path.join('/'), bytes, totalBytes })
  }
}

/** Files and folders, and only those listed; of missing files their own check tells. */
async function checkTree(folder: string, listed: readonly (readonly string[])[]): Promise<void> {
  const known = new Set(listed.map((segments) => segments.join('/')))
  const look = async (segments: readonly string[]) => {
    const path = join(folder, ...segments)
    const entries = await readdir(path, { withFileTypes: true }).catch((error) => {
      throw damaged(path, `it can not be read (${error.code})`, error)
    })
    for (const entry of entries) {
      const own = [...segments, entry.name]
      if (!known.has(own.join('/'))) throw damaged(join(path, entry.name), 'it is not in the manifest')
      if (entry.isDirectory()) await look(own)
      else if (!entry.isFile()) throw damaged(join(path, entry.name), 'it is neither a file nor a folder')
    }
  }
  await look([])
}

async function checkFile(folder: string, listed: ListedFile, buffer: Buffer): Promise<void> {
  const path = join(folder, ...listed.path)
  await using opened = await openRegularFile(path)
  const { file, status } = opened
  if (status.size !== listed.bytes) throw damaged(path, `it has ${status.size} bytes instead of ${listed.bytes}`)
  const hash = createHash('sha256')
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length)
    if (bytesRead === 0) break
    hash.update(bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead))
  }
  if (hash.digest('hex') !== listed.sha256) throw damaged(path, 'its contents have changed')
}

async function readAll(folder: string, listed: ListedFile): Promise<void> {
  const [lane, service, name] = listed.path
  const reader = new StateFolderReader(join(folder, lane, service), [{ name, ...listed }])
  let bytes = 0
  for await (const piece of reader.read(name.slice(0, -'.zst'.length))) {
    bytes += piece.length
    if (bytes > listed.contentBytes) break
  }
  if (bytes !== listed.contentBytes) {
    throw damaged(join(folder, ...listed.path), `what is in it is not ${listed.contentBytes} bytes`)
  }
}
