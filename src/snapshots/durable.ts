import { constants } from 'node:fs'
import { chmod, link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Has the disk know which files a folder has. Windows and some network disks do that by themselves, and can't be told. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync().catch((error) => {
      if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error
    })
  } finally {
    await handle.close()
  }
}

/** Makes a folder, and those on the way to it, so that they are there after a loss of power too. */
export async function makeFolder(folder: string, mode?: number): Promise<void> {
  const made = await mkdir(folder, { recursive: true, ...(mode === undefined ? {} : { mode }) })
  if (made === undefined) return
  const last = dirname(made)
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    await syncFolder(parent)
    if (parent === last || parent === dirname(parent)) return
  }
}

/**
 * Gives a finished folder its name, unless something has it.
 *
 * `rename` replaces no folder that has something in it, so of two that do this one wins; an empty one, which it would, is
 * no snapshot.
 * @returns whether it has the name now
 */
export async function publishFolder(partial: string, target: string): Promise<boolean> {
  if (await exists(target)) return false
  try {
    await rename(partial, target)
  } catch (error) {
    if (await exists(target)) return false
    throw error
  }
  await syncFolder(dirname(target))
  return true
}

/** The same for a file: a second name for it, since `rename` would replace a file. @returns whether it has the name now */
export async function publishFile(partial: string, target: string): Promise<boolean> {
  try {
    await link(partial, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // Some disks, such as those of memory cards, have no second names.
    if (await exists(target)) return false
    await rename(partial, target)
  }
  await rm(partial, { force: true })
  await syncFolder(dirname(target))
  return true
}

/** Nobody changes its files by mistake. Folders stay as they are: what cleans up a workspace must be able to remove them. */
export async function makeReadOnly(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), 0o400)
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}
