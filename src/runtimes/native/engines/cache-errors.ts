import { sep } from 'node:path'
import { IsolaneError, isIsolaneError } from '../../../core/errors.ts'

/** Turns what the file system said while the cache was used into an error that says what to do. */
export function cacheError(error: unknown, folder: string): unknown {
  if (isIsolaneError(error)) return error
  const { code = '', path } = (error ?? {}) as NodeJS.ErrnoException
  // Not below the cache folder, nor on the way to it.
  const isElsewhere = path !== undefined && !`${path}${sep}`.startsWith(folder + sep) && !folder.startsWith(path + sep)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new IsolaneError({
      code: 'ISOLANE_DISK_FULL',
      message: `No space is left below ${isElsewhere ? path : folder}`,
      remedy: `free some there${isElsewhere ? '' : ', or set ISOLANE_CACHE_DIR to a folder on a larger disk'}`,
      cause: error,
    })
  }
  if (!isElsewhere && ['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST'].includes(code)) {
    return new IsolaneError({
      code: 'ISOLANE_CACHE_NOT_WRITABLE',
      message: `The cache folder ${folder} can't be written (${code})`,
      remedy: 'set ISOLANE_CACHE_DIR to a folder this user may write, or correct its permissions',
      cause: error,
    })
  }
  return error
}

/** Runs something that writes the cache; failures of the file system come out as {@link cacheError}. */
export async function writingCache<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw cacheError(error, folder)
  }
}
