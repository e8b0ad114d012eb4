import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { damaged } from '../core/state-files.ts'

export interface RegularFile extends AsyncDisposable {
  readonly file: FileHandle
  readonly status: Stats
}

/**
 * Opens a file of a snapshot for reading: a file, neither a link to one nor a pipe, which would have the reader wait for
 * whoever writes into it.
 * @throws ISOLANE_SNAPSHOT_DAMAGED
 */
export async function openRegularFile(path: string): Promise<RegularFile> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const file = await open(path, flags).catch((error) => {
    throw damaged(path, error.code === 'ENOENT' ? 'it is missing' : `it can not be read (${error.code})`, error)
  })
  try {
    const status = await file.stat()
    if (!status.isFile()) throw damaged(path, 'it is no file')
    return { file, status, [Symbol.asyncDispose]: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}
