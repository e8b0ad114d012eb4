import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process that can't be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in the platform's own notation. */
  readonly startedAt: string
}

/** `undefined` when there is no such process (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = startOf(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return startOf(identity.pid) === identity.startedAt
}

// Stands before `self`, which is what first asks for it.
let cachedBootId: string | undefined

export const self: ProcessIdentity = identify(process.pid) ?? { pid: process.pid, startedAt: 'unknown' }

function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return startOnLinux(pid)
  try {
    return process.platform === 'win32' ? startOnWindows(pid) : startOnUnix(pid)
  } catch {
    return undefined
  }
}

/** proc(5): field 3 is the state, field 22 the start in ticks since boot; the name in field 2 may hold anything. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${fields[19]}@${bootId()}`
  } catch {
    return undefined
  }
}

function bootId(): string {
  cachedBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return cachedBootId
}

function startOnUnix(pid: number): string | undefined {
  const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
  const [state, ...start] = line.split(/\s+/)
  return !state || state.startsWith('Z') ? undefined : start.join(' ')
}

function startOnWindows(pid: number): string | undefined {
  const script = `(Get-Process -Id ${Number(pid)}).StartTime.ToFileTimeUtc()`
  return execFileSync('powershell', ['-NoProfile', '-Command', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
  }).trim()
}
