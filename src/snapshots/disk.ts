import { lstat, readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { IsolaneError } from '../core/errors.ts'

/** Bytes left free in any case: others use the disk too. */
const reserve = 16 * 1024 * 1024

const snapshots = {
  what: 'The snapshot',
  remedy: 'free some, `isolane snapshot prune` removes old snapshots, or set ISOLANE_SNAPSHOT_DIR to another disk',
}

/** @param bytes about to be written. @throws ISOLANE_DISK_FULL before anything is. */
export async function checkSpace(folder: string, bytes: number, { what, remedy } = snapshots): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder)
  // Some network folders don't tell.
  if (blocks === 0) return
  const free = bavail * bsize
  const needed = Math.ceil(bytes * 1.1) + reserve
  if (free >= needed) return
  throw new IsolaneError({
    code: 'ISOLANE_DISK_FULL',
    message: `${what} may take ${megabytes(needed)}, and ${folder} has ${megabytes(free)} free`,
    remedy,
  })
}

/** Bytes of all files below a folder, which may be changing. Follows no links. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const sizes = entries.map(async (entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sizeOf(path)
    return (await lstat(path).catch(() => undefined))?.size ?? 0
  })
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0)
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MB`
}
