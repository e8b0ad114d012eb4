import { mkdirSync, statfsSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { IsolaneError } from './errors.ts'

const isRoot = process.getuid?.() === 0

/**
 * Engines, initialised data folders and saved templates; may be deleted at any time nothing runs.
 * `ISOLANE_CACHE_DIR`, else the platform's cache folder. For root it is one that unprivileged users can enter, since
 * servers that refuse root must read their programs there.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.ISOLANE_CACHE_DIR) return environment.ISOLANE_CACHE_DIR
  if (process.platform === 'win32') return join(environment.LOCALAPPDATA ?? homedir(), 'isolane', 'cache')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'isolane')
  if (isRoot) return '/var/cache/isolane'
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'isolane')
}

/** What runs and who owns it. `ISOLANE_STATE_DIR`, else the platform's state folder. Never inside a project. */
export function stateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.ISOLANE_STATE_DIR) return environment.ISOLANE_STATE_DIR
  if (process.platform === 'win32') return join(environment.LOCALAPPDATA ?? homedir(), 'isolane', 'state')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'isolane')
  if (isRoot) return '/var/lib/isolane'
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'isolane')
}

/** Where the data of servers lie that outlive them, by the name they are kept under. */
export function keptDataFolder(stateFolder: string): string {
  return join(stateFolder, 'data')
}

/** Makes a folder below the state folder, for our own user only. @throws ISOLANE_STATE_NOT_WRITABLE */
export function makeStateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new IsolaneError({
      code: 'ISOLANE_STATE_NOT_WRITABLE',
      message: `The state folder ${folder} can't be written (${(error as NodeJS.ErrnoException).code})`,
      remedy: 'set ISOLANE_STATE_DIR to a folder this user may write, or correct its permissions',
      cause: error,
    })
  }
}

/**
 * A folder for data that need not survive: memory-backed where at least `bytes` are free there, else the temporary
 * folder. Kept short, since local socket paths may have only 103 characters. Others may pass through it, not read it.
 */
export function volatileFolder(bytes: number): string {
  const parent = memoryBacked(bytes) ?? tmpdir()
  const folder = join(parent, `isolane-${process.getuid?.() ?? 'user'}`)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  return folder
}

function memoryBacked(bytes: number): string | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const room = statfsSync('/dev/shm')
    return room.bavail * room.bsize >= bytes ? '/dev/shm' : undefined
  } catch {
    return undefined
  }
}
