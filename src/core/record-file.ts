import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { makeStateFolder } from './folders.ts'
import { identify } from './process-identity.ts'
import { locked } from './up-record.ts'

/** `undefined` when there is none. Whoever reads while it is replaced gets the one before or the one after, whole. */
export function readRecord<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (error) {
    // Also where the state folder is none: whoever has to write there says so.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/**
 * Replaces a record, unless another process has changed it since it was read. Killed at any moment it is as it was, or
 * replaced; the same after a loss of power.
 * @param before, after `undefined` for no record
 * @returns whether it is replaced
 */
export async function replaceRecord<T>(file: string, before: T | undefined, after: T | undefined): Promise<boolean> {
  const folder = dirname(file)
  makeStateFolder(folder)
  return locked(folder, () => {
    if (!isDeepStrictEqual(readRecord(file), before)) return false
    if (after === undefined) rmSync(file, { force: true })
    else write(file, JSON.stringify(after))
    syncFolder(folder)
    return true
  })
}

/** What processes that were killed while they wrote have left. */
export function removePartials(folder: string): void {
  for (const name of namesIn(folder)) {
    const writer = /\.(\d+)\.partial$/.exec(name)?.[1]
    if (writer && !identify(Number(writer))) rmSync(join(folder, name), { force: true })
  }
}

export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

function write(file: string, text: string): void {
  const partial = `${file}.${process.pid}.partial`
  const opened = openSync(partial, 'w', 0o600)
  try {
    writeSync(opened, text)
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
  renameSync(partial, file)
}

/**
 * So that what was made, renamed or removed in it stays so after a loss of power. Windows and some network disks do that by
 * themselves, and can't be told.
 */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    closeSync(opened)
  }
}
