import { resolve } from 'node:path'
import { IsolaneError, isIsolaneError } from '../core/errors.ts'
import type { HeldLane } from '../core/held-lane.ts'
import { plainLines } from '../core/report.ts'
import type { Manifest } from './manifest.ts'
import { isPath } from './names.ts'
import { leftAlone, restoreIntoLane } from './restore.ts'
import { SnapshotStore } from './store.ts'

export interface RestoreHeldOptions {
  /** The lane in the snapshot. Default: the one of the held lane's name, else the only one. */
  readonly from?: string
}

/**
 * Makes a lane that is held what a snapshot on disk holds, or leaves it as it is.
 * @param nameOrPath a name in the project's store, or a path, seen from the project's folder
 * @throws ISOLANE_SNAPSHOT_NOT_FOUND, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_SNAPSHOT_REFUSED, ISOLANE_RESTORE_FAILED,
 * ISOLANE_OPTION_INVALID when it can't be told which of its lanes is meant
 */
export async function restoreHeld(
  held: HeldLane,
  nameOrPath: string,
  { from }: RestoreHeldOptions = {},
): Promise<void> {
  const { root = process.cwd() } = held.source
  await using snapshot = await open(held, nameOrPath, root)
  const { id, endpoints } = held.lane
  await restoreIntoLane({
    snapshot,
    from: from ?? laneIn(snapshot.manifest, id.name),
    load: async (folder, saved) => {
      await held.loadState(folder, saved)
      for (const text of leftAlone(Object.keys(endpoints), saved)) tellOnce(id.name, snapshot.name, text)
    },
  })
}

const told = new Set<string>()

/** A test may restore as often as it likes. */
function tellOnce(lane: string, snapshot: string, text: string): void {
  const key = JSON.stringify([lane, snapshot, text])
  if (told.has(key)) return
  told.add(key)
  plainLines({ kind: 'warning', subject: lane, text: `${snapshot} was restored, but ${text}` })
}

async function open({ marks }: HeldLane, nameOrPath: string, root: string) {
  const store = SnapshotStore.of({ root })
  try {
    return await store.open(isPath(nameOrPath) ? resolve(root, nameOrPath) : nameOrPath)
  } catch (error) {
    if (!isIsolaneError(error, 'ISOLANE_SNAPSHOT_NOT_FOUND') || isPath(nameOrPath)) throw error
    const kept = marks.length > 0 ? `this test file has kept ${marks.join(', ')}` : 'this test file has kept none'
    throw new IsolaneError({
      code: 'ISOLANE_SNAPSHOT_NOT_FOUND',
      message: `${error.reason}, and ${kept} with lane.snapshot()`,
      remedy: error.remedy,
      cause: error,
    })
  }
}

function laneIn({ name, lanes }: Manifest, own: string): string {
  const names = Object.keys(lanes)
  const [first] = names
  if (names.includes(own)) return own
  if (first !== undefined && names.length === 1) return first
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The snapshot ${name} has ${names.join(', ')}, and this lane is ${own}`,
    remedy: `say which is meant: lane.restore('${name}', { from: '${first}' })`,
  })
}
