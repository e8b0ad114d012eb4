import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { fingerprint } from '../../../core/fingerprint.ts'
import { identify, self } from '../../../core/process-identity.ts'

const pattern = /^\.partial-(?<host>[0-9a-f]{8})-(?<pid>\d+)-(?<start>[0-9a-f]{8})-[0-9a-f]+$/
const aDay = 24 * 60 * 60 * 1000

/**
 * A folder for something half made, beside where it will be renamed to. Its name tells who makes it, so that what a
 * killed process left can be told from what a living one is writing.
 */
export function partialFolder(parent: string): string {
  const owner = `${short(hostname())}-${self.pid}-${short(self.startedAt)}`
  const folder = join(parent, `.partial-${owner}-${randomBytes(4).toString('hex')}`)
  openFolder(parent)
  mkdirSync(folder, { mode: 0o755 })
  return folder
}

/** Partial folders whose maker is gone. */
export function abandonedPartials(parent: string): string[] {
  const names = existsSync(parent) ? readdirSync(parent) : []
  return names.filter((name) => isAbandoned(parent, name)).map((name) => join(parent, name))
}

/** Makes a folder that other users may read and enter, whatever the umask; folders that were there are left alone. */
export function openFolder(folder: string): void {
  if (existsSync(folder)) {
    mkdirSync(folder, { recursive: true })
    return
  }
  openFolder(dirname(folder))
  try {
    // Not recursive: that says ENOENT on a read-only disk.
    mkdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  chmodSync(folder, 0o755)
}

/** Deletes a folder, also one whose files are read-only. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}

function isAbandoned(parent: string, name: string): boolean {
  const parts = pattern.exec(name)?.groups
  if (!parts) return false
  if (parts.host === short(hostname())) {
    const process = identify(Number(parts.pid))
    return process === undefined || short(process.startedAt) !== parts.start
  }
  // Another machine's (or container's) that shares this cache: only its age tells.
  const age = Date.now() - (statSync(join(parent, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
  return age > aDay
}

function short(text: string): string {
  return fingerprint(text).slice(0, 8)
}
