import { chmodSync, lchownSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

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
  if (user) lchownSync(path, user.uid, user.gid)
}

/** Hands a folder over with all that is in it. */
export function handOverAll(folder: string, user: ServerUser | undefined): void {
  if (!user) return
  for (const path of ['', ...(readdirSync(folder, { recursive: true }) as string[])]) handOver(join(folder, path), user)
}

/** Others may pass through the folders then, and see no more of them. What can't be changed is for {@link canEnter} to tell. */
export function letThrough(folders: readonly string[]): void {
  for (const folder of folders) {
    try {
      chmodSync(folder, statSync(folder).mode | 0o011)
    } catch {}
  }
}

/** Whether that user may read the file: every folder above lets it through. */
export function canReach(user: ServerUser, file: string): boolean {
  return allows(user, file, 0o4) && canEnter(user, dirname(file))
}

/** Whether that user may enter a folder: it lets them through, and so does every one above. */
export function canEnter(user: ServerUser, folder: string): boolean {
  return allows(user, folder, 0o1) && (folder === dirname(folder) || canEnter(user, dirname(folder)))
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
