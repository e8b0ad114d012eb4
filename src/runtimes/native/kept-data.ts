import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RuntimeContext, Swept } from '../../core/contracts.ts'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import { keptDataFolder, makeStateFolder } from '../../core/folders.ts'
import { self } from '../../core/process-identity.ts'
import { syncFolder } from '../../core/record-file.ts'
import { type Run, type RunRecord, readRuns } from '../../core/run.ts'
import { locked } from '../../core/up-record.ts'
import { discardData } from './fill-kept.ts'
import type { Ground } from './ground.ts'
import { endLeftovers } from './leftovers.ts'
import { refuseOthers } from './lock-files.ts'
import { title } from './setup.ts'
import { canEnter, letThrough } from './user.ts'

/** Kind of the resource by which a run claims kept data. */
export const claimKind = 'data'

/** Data that outlive their server, and one process's claim to them. */
export interface KeptData {
  readonly keep: string
  /** The server's data folder. It is there once it was filled, and whole then. */
  readonly folder: string
  release(): void
}

/**
 * Claims the data kept under a name, after what dead owners have left running on them has ended.
 * @throws ISOLANE_START_FAILED when a living process has them, ISOLANE_STATE_NOT_WRITABLE
 */
export async function claimData(ground: Ground, keep: string): Promise<KeptData> {
  const { run } = ground.context
  const home = homeOf(run, keep)
  makeStateFolder(home)
  openWay(ground, home)
  const registration = await locked(dirname(home), () => {
    const holder = holderOf(run, keep)
    if (holder) throw inUse(ground, holder)
    return run.register({ kind: claimKind, what: `data of ${ground.spec.service}, ${home}`, runtime: 'native', keep })
  })
  try {
    await endLeftovers(dirname(run.folder), keep, home, () => refuseOthers(ground, folderIn(home)))
  } catch (error) {
    registration.release()
    throw error
  }
  return { keep, folder: folderIn(home), release: () => registration.release() }
}

/** Removes the data kept under a name, unless a living process has them. Killed on the way, nothing of them counts. */
export async function forgetData({ run }: RuntimeContext, keep: string): Promise<readonly Swept[]> {
  const home = homeOf(run, keep)
  if (!existsSync(home)) return []
  const data = { kind: claimKind, what: `data in ${home}` }
  try {
    const claim = await locked(dirname(home), () => {
      const holder = holderOf(run, keep)
      if (holder) throw new Error(`in use by ${processOf(holder)}`)
      return run.register({ ...data, runtime: 'native', keep })
    })
    try {
      await endLeftovers(dirname(run.folder), keep, home)
      discardData(folderIn(home))
      syncFolder(dirname(home))
    } finally {
      claim.release()
    }
    return [{ ...data, removed: true }]
  } catch (error) {
    return [{ ...data, removed: false, reason: messageOf(error) }]
  }
}

function homeOf(run: Run, keep: string): string {
  return join(keptDataFolder(dirname(dirname(run.folder))), keep)
}

function folderIn(home: string): string {
  return join(home, 'data')
}

function holderOf(run: Run, keep: string): RunRecord | undefined {
  return readRuns(dirname(run.folder)).find(
    ({ alive, resources }) =>
      alive && resources.some(({ resource }) => resource.kind === claimKind && resource.keep === keep),
  )
}

function processOf({ owner, project }: RunRecord): string {
  return owner.pid === self.pid ? 'this process' : `pid ${owner.pid}, for ${project}`
}

function inUse(ground: Ground, holder: RunRecord): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: `The data kept for ${ground.spec.service} are in use by ${processOf(holder)}`,
    remedy: 'use the stack that is up there, or end it with `isolane down`',
  })
}

/** A server that refuses root runs as somebody who may enter nothing of ours. */
function openWay(ground: Ground, home: string): void {
  const { user } = ground
  if (!user) return
  letThrough([home, dirname(home), dirname(dirname(home))])
  if (canEnter(user, home)) return
  throw new IsolaneError({
    code: 'ISOLANE_STATE_NOT_WRITABLE',
    message: `The user ${user.name}, who runs ${title(ground)}, can't reach its data in ${home}`,
    remedy:
      'set ISOLANE_STATE_DIR to a folder below ones that every user may pass through (`chmod o+x`), or be another user than root',
  })
}
