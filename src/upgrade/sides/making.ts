import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { endStack } from '../../core/end-stack.ts'
import { IsolaneError, isIsolaneError } from '../../core/errors.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import { isAlive, type ProcessIdentity, self } from '../../core/process-identity.ts'
import { readRecord, replaceRecord } from '../../core/record-file.ts'
import { findClaim, type UpKey } from '../../core/up-record.ts'
import { removeSnapshot } from '../../snapshots/remove.ts'
import { filledFolder } from './filled.ts'
import { readSides, type Side, type Sides, sidesFile, sidesKey } from './record.ts'

/** Milliseconds for which a snapshot may still be read. */
const patience = 10_000

/** Sides that a process is just making: what is left of them when it is killed. Plain data. */
export interface Making {
  readonly id: string
  /** Who makes them. */
  readonly owner: ProcessIdentity
  readonly root: string
  readonly name: string
  /** Stacks that have been started for them. */
  readonly stacks: readonly { readonly name: string; readonly owner: ProcessIdentity }[]
  /** The folder of the snapshot that is made for them. */
  readonly snapshot?: string
}

/**
 * Makes this process the one that makes a stack's sides. What one that was killed has left is removed first.
 * @throws ISOLANE_STACK_ALREADY_UP when there are sides already, or another process makes some
 */
export async function claimMaking(making: Omit<Making, 'owner' | 'stacks'>): Promise<Making> {
  const key = sidesKey(making)
  const file = makingFile(key)
  const claim = { ...making, owner: { ...self }, stacks: [] }
  for (;;) {
    const other = readRecord<Making>(file)
    if (other && isAlive(other.owner)) throw beingMade(other)
    if (other) await removeMade(other, file)
    const sides = readSides(key)
    if (sides) throw alreadyThere(sides)
    if (await replaceRecord<Making>(file, undefined, claim)) return claim
  }
}

/** Puts down what has been started. @returns the record as it is now */
export async function updateMaking(before: Making, started: readonly { readonly side: Side }[]): Promise<Making> {
  const after = { ...before, stacks: started.map(({ side }) => ({ name: side.stack, owner: side.owner })) }
  await replaceMaking(before, after)
  return after
}

/** They are on record as sides, and no longer as ones that are being made. */
export async function endMaking(making: Making): Promise<void> {
  await replaceMaking(making, undefined)
}

async function replaceMaking(before: Making, after: Making | undefined): Promise<void> {
  if (await replaceRecord(makingFile(sidesKey(before)), before, after)) return
  throw new Error(`another process has changed what is on record of the sides of ${before.root}`)
}

/**
 * Ends the stacks, and removes what they were filled from. What has become sides stays.
 * @param file where it is on record
 */
export async function removeMade(making: Making, file = makingFile(sidesKey(making))): Promise<void> {
  const published = readRecord<Sides>(join(dirname(file), basename(file).replace('.making.', '.')))
  if (published?.id !== making.id) {
    const keys = making.stacks.map((stack) => ({ ...sidesKey({ root: making.root, name: stack.name }), ...stack }))
    await Promise.all(keys.map((stack) => endOwn(stack, stack.owner)))
    if (making.snapshot !== undefined) await removeOwn(making.snapshot)
    await rm(filledFolder(making.id), { recursive: true, force: true })
  }
  await replaceRecord(file, making, undefined)
}

/** Ends a stack, as long as this process has it up. @throws ISOLANE_STOP_TIMED_OUT */
export async function endOwn(key: UpKey, owner: ProcessIdentity): Promise<void> {
  const up = isAlive(owner) ? findClaim(key) : undefined
  if (up?.owner.pid === owner.pid) await endStack(up)
}

/**
 * Removes a snapshot that was made for sides, unless somebody else has.
 * @throws ISOLANE_SNAPSHOT_REFUSED when another process goes on reading it
 */
export async function removeOwn(folder: string): Promise<void> {
  const until = performance.now() + patience
  for (;;) {
    try {
      return await removeSnapshot({ name: basename(folder), folder })
    } catch (error) {
      if (isIsolaneError(error, 'ISOLANE_SNAPSHOT_NOT_FOUND')) return
      // Stacks that were started from it may be just ending.
      if (!isIsolaneError(error, 'ISOLANE_SNAPSHOT_REFUSED') || performance.now() > until) throw error
      await delay(50)
    }
  }
}

function makingFile(key: UpKey): string {
  return sidesFile(key).replace(/\.json$/, '.making.json')
}

function beingMade({ root, owner }: Making): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STACK_ALREADY_UP',
    message: `Another process (pid ${owner.pid}) is just making blue and green of ${root}`,
    remedy: 'wait until it has ended',
  })
}

function alreadyThere({ root }: Sides): IsolaneError {
  const isolane = isolaneCommand(root)
  return new IsolaneError({
    code: 'ISOLANE_STACK_ALREADY_UP',
    message: `Blue and green of ${root} are there already`,
    remedy: `\`${isolane} switch\` shows them, \`${isolane} down\` ends them`,
  })
}
