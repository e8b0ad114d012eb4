import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { isAlive, type ProcessIdentity, self } from '../../core/process-identity.ts'
import type { Run } from '../../core/run.ts'

const prefix = 'io.github.isolane'

export const labels = {
  project: `${prefix}.project`,
  run: `${prefix}.run`,
  service: `${prefix}.service`,
  /** The kept name; only on containers of stacks that stay up, and on their volumes. */
  kept: `${prefix}.kept`,
  installation: `${prefix}.installation`,
  owner: `${prefix}.owner`,
  createdAt: `${prefix}.created-at`,
  /** Seconds after which anybody may remove it; absent where it is to stay. */
  timeToLive: `${prefix}.time-to-live`,
  /** Hash of everything the container was made from. */
  fingerprint: `${prefix}.fingerprint`,
} as const

/** A day: longer than any test run, short enough that a shared engine does not fill up. */
const timeToLive = 86_400

export type Labels = Readonly<Record<string, string>>

export function labelsFor(run: Run, service: string, keep: string | undefined): Labels {
  return {
    [labels.project]: run.project,
    [labels.run]: run.id,
    [labels.service]: service,
    [labels.installation]: installation(dirname(run.folder)),
    [labels.owner]: JSON.stringify(self),
    [labels.createdAt]: new Date().toISOString(),
    ...(keep === undefined ? { [labels.timeToLive]: String(timeToLive) } : { [labels.kept]: keep }),
  }
}

/** For the volumes of what is kept: nothing that differs from one run of the stack to the next. */
export function volumeLabelsFor(run: Run, service: string, keep: string): Labels {
  return {
    [labels.project]: run.project,
    [labels.service]: service,
    [labels.installation]: installation(dirname(run.folder)),
    [labels.kept]: keep,
  }
}

/**
 * Whose processes the numbers in {@link labels.owner} are: one state folder on one machine. A container that runs our
 * tests counts as a machine, since it has process numbers of its own.
 */
export function installation(runsFolder: string): string {
  const machine = [hostname(), ...['/etc/machine-id', '/var/lib/dbus/machine-id'].map(textOf), processNamespace()]
  return createHash('sha256')
    .update([...machine, realpathSync(runsFolder)].join('\0'))
    .digest('hex')
    .slice(0, 16)
}

export function isOwnerAlive(found: Labels): boolean {
  try {
    return isAlive(JSON.parse(found[labels.owner] ?? '') as ProcessIdentity)
  } catch {
    return false
  }
}

export function isExpired(found: Labels): boolean {
  const seconds = Number(found[labels.timeToLive])
  const created = Date.parse(found[labels.createdAt] ?? '')
  return Date.now() > created + seconds * 1_000
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
