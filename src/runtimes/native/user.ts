import { chownSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The unprivileged user that runs servers which refuse root. */
export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Whom to drop to; `undefined` when we are not root or the server does not mind. */
export function serverUser(refusesRoot: boolean): ServerUser | undefined {
  if (!refusesRoot || process.getuid?.() !== 0) return undefined
  return knownUser('postgres') ?? knownUser('nobody') ?? { name: 'nobody', uid: 65534, gid: 65534 }
}

/** Hands a path over to the server's user. */
export function handOver(path: string, user: ServerUser | undefined): void {
  if (user) chownSync(path, user.uid, user.gid)
}

/** Whether that user may read the file: every folder above lets it through. */
export function canReach(user: ServerUser, file: string): boolean {
  if (!allows(user, file, 0o4)) return false
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (!allows(user, folder, 0o1)) return false
    if (folder === dirname(folder)) return true
  }
}

function allows(user: ServerUser, path: string, bit: number): boolean {
  const entry = statSync(path, { throwIfNoEntry: false })
  if (!entry) return false
  const shift = entry.uid === user.uid ? 6 : entry.gid === user.gid ? 3 : 0
  return ((entry.mode >> shift) & bit) === bit
}

function knownUser(name: string): ServerUser | undefined {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${name}:`))
    const [, , uid, gid] = line?.split(':') ?? []
    return uid && gid ? { name, uid: Number(uid), gid: Number(gid) } : undefined
  } catch {
    return undefined
  }
}
