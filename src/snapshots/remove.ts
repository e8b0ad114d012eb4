import { randomBytes } from 'node:crypto'
import { realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IsolaneError } from '../core/errors.ts'
import { logged } from './acts.ts'
import { publishFolder, syncFolder } from './durable.ts'
import { isBeingRead, registerFolder } from './registered.ts'
import type { SnapshotEntry } from './store.ts'

type Removed = Pick<SnapshotEntry, 'name' | 'folder'>

/**
 * Removes a snapshot: whole, or not at all. Whenever this process is killed the next run goes on with it.
 * @throws ISOLANE_SNAPSHOT_REFUSED while it is being read, ISOLANE_SNAPSHOT_NOT_FOUND when it is gone
 */
export async function removeSnapshot(snapshot: Removed): Promise<void> {
  await logged('remove', snapshot.name, () =>
    remove(snapshot).catch((error) => {
      throw error.code === 'ENOENT' ? gone(snapshot) : error
    }),
  )
}

async function remove({ name, folder }: Removed): Promise<void> {
  const real = await realpath(folder)
  if (isBeingRead(real)) throw inUse(name)
  const parent = dirname(folder)
  const trash = join(parent, `.${name}.${randomBytes(6).toString('hex')}.partial`)
  const registered = registerFolder(trash)
  try {
    await rename(folder, trash)
  } catch (error) {
    registered.release()
    throw error
  }
  // Somebody may have begun to read it at this very moment.
  if (isBeingRead(real) && (await publishFolder(trash, folder))) {
    registered.release()
    throw inUse(name)
  }
  await syncFolder(parent)
  await rm(trash, { recursive: true, force: true, maxRetries: 3 })
  registered.release()
}

function inUse(name: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message: `The snapshot ${name} is being read by another process`,
    remedy: 'remove it once that has ended',
  })
}

function gone({ name, folder }: Removed): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_NOT_FOUND',
    message: `There is no snapshot ${name} in ${dirname(folder)}`,
    remedy: 'somebody else has removed it',
  })
}
