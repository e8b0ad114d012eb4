import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { Versions } from '../../core/config.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { stateFolder } from '../../core/folders.ts'
import type { ProcessIdentity } from '../../core/process-identity.ts'
import { readRecord, replaceRecord } from '../../core/record-file.ts'
import type { UpKey } from '../../core/up-record.ts'
import type { ChosenLane } from '../../snapshots/chosen-lane.ts'

/** The old versions are blue, the new ones green. */
export const sideNames = ['blue', 'green'] as const

export type SideName = (typeof sideNames)[number]

/** One of two stacks of a project that are up beside each other. */
export interface Side {
  /** Of those services that are upgraded. */
  readonly versions: Versions
  /** The stack's name. */
  readonly stack: string
  /** The process that has it up. */
  readonly owner: ProcessIdentity
  /** The lane that holds the side's data: what `isolane exec` works on. */
  readonly lane: string
}

export interface FilledFrom extends ChosenLane {
  /** For people. */
  readonly name: string
  /** Made for the sides, and removed with them. */
  readonly own: boolean
}

/** Blue and green of one stack of one project. Plain data: what the file holds that says which of them counts. */
export interface Sides extends Readonly<Record<SideName, Side>> {
  readonly id: string
  readonly root: string
  /** The stack's name in the config. */
  readonly name: string
  readonly createdAt: string
  /** What both were filled from. */
  readonly snapshot: FilledFrom
  readonly active: SideName
  /** The active side before the last switch. */
  readonly before?: SideName
}

/** Where the record of a stack's sides is. */
export function sidesFile(key: UpKey): string {
  return join(sidesFolder(key.stateFolder), `${fingerprint(realpathSync(key.root), key.name).slice(0, 16)}.json`)
}

export function sidesFolder(state: string): string {
  return join(state, 'sides')
}

export function sidesKey({ root, name }: Pick<Sides, 'root' | 'name'>): UpKey {
  return { stateFolder: stateFolder(), root, name }
}

/** `undefined` when the stack has none. */
export function readSides(key: UpKey): Sides | undefined {
  return readRecord(sidesFile(key))
}

/** @returns whether it is replaced; not when another process has changed it since `before` was read */
export function replaceSides(key: UpKey, before: Sides | undefined, after: Sides | undefined): Promise<boolean> {
  return replaceRecord(sidesFile(key), before, after)
}

/** What each of them is about to give `isolane exec` and runs. */
export function sideKey(sides: Sides, name: SideName): UpKey {
  return sidesKey({ root: sides.root, name: sides[name].stack })
}

export function otherSide(name: SideName): SideName {
  return name === 'blue' ? 'green' : 'blue'
}

/** `postgres 18, redis valkey@9`. */
export function versionsLine(versions: Versions): string {
  return Object.entries(versions)
    .map(([service, version]) => `${service} ${version}`)
    .join(', ')
}
