import { existsSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { IsolaneError } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import { makeStateFolder } from './folders.ts'
import type { LaneServerAddress } from './lane-protocol.ts'
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts'

/** A long-lived stack, as `isolane up` leaves it on record (mode 0600: it holds the lane server's token). */
export interface UpRecord {
  readonly name: string
  readonly root: string
  readonly owner: ProcessIdentity
  /** Absent while the stack is still starting. */
  readonly address?: LaneServerAddress
  readonly fingerprint: string
  readonly startedAt: string
  readonly logFile: string
}

/** Which stack: a project's folder and the stack's name in it. */
export interface UpKey {
  readonly stateFolder: string
  readonly root: string
  readonly name: string
}

export type ReadyRecord = UpRecord & { readonly address: LaneServerAddress }

/** The record of a stack that is up and ready; a record whose process is dead counts as none. */
export function findUp(key: UpKey): ReadyRecord | undefined {
  const record = readLiving(fileOf(key))
  return record?.address ? (record as ReadyRecord) : undefined
}

/** The record of whoever has the stack up or is just starting it. */
export function findClaim(key: UpKey): UpRecord | undefined {
  return readLiving(fileOf(key))
}

/** Removes the records of stacks whose process is dead; with `dry`, only tells. Returns their projects' folders. */
export async function sweepUp(stateFolder: string, dry: boolean): Promise<readonly string[]> {
  const folder = join(stateFolder, 'up')
  if (!existsSync(folder)) return []
  return locked(folder, () => {
    const dead = readdirSync(folder).filter((name) => isDead(folder, name))
    const roots = dead.flatMap((name) => read(join(folder, name))?.root ?? [])
    if (!dry) for (const name of dead) rmSync(join(folder, name), { force: true })
    return roots
  })
}

/**
 * Makes this process the one that has the stack up.
 * @throws ISOLANE_STACK_ALREADY_UP when another living process is.
 */
export async function claimUp(key: UpKey, record: UpRecord): Promise<void> {
  const folder = join(key.stateFolder, 'up')
  makeStateFolder(folder)
  await locked(folder, () => {
    const other = readLiving(fileOf(key))
    if (other) throw alreadyUp(other)
    publishUp(key, record)
  })
}

/** One process at a time. A holder that was killed loses the lock after two seconds. */
export async function locked<Result>(folder: string, work: () => Result): Promise<Result> {
  const { lock } = await import('proper-lockfile')
  const unlock = await lock(folder, { stale: 2_000, retries: { retries: 60, minTimeout: 20, maxTimeout: 200 } })
  try {
    return work()
  } finally {
    await unlock()
  }
}

/** Replaces the record of this process's own stack. */
export function publishUp(key: UpKey, record: UpRecord): void {
  const file = fileOf(key)
  const partial = `${file}.${process.pid}.partial`
  writeFileSync(partial, JSON.stringify(record), { mode: 0o600 })
  renameSync(partial, file)
}

export function alreadyUp(record: UpRecord): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STACK_ALREADY_UP',
    message: `The stack of ${record.root} is up already (pid ${record.owner.pid})`,
    remedy: 'use it, or end it first with `isolane down`',
  })
}

export function removeUp(key: UpKey): void {
  rmSync(fileOf(key), { force: true })
}

/** Where a stack in the background writes what it has to say. */
export function upLogFile(key: UpKey): string {
  return join(key.stateFolder, 'logs', `${idOf(key)}.log`)
}

function fileOf(key: UpKey): string {
  return join(key.stateFolder, 'up', `${idOf(key)}.json`)
}

function idOf(key: UpKey): string {
  return fingerprint(realpathSync(key.root), key.name).slice(0, 16)
}

/** A half-written record counts as its writer does; its name tells who that is. */
function isDead(folder: string, name: string): boolean {
  const writer = /\.(\d+)\.partial$/.exec(name)?.[1]
  if (writer) return identify(Number(writer)) === undefined
  return name.endsWith('.json') && !readLiving(join(folder, name))
}

function readLiving(file: string): UpRecord | undefined {
  if (!file.endsWith('.json')) return undefined
  const record = read(file)
  return record && isAlive(record.owner) ? record : undefined
}

function read(file: string): UpRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as UpRecord
  } catch {
    return undefined
  }
}
