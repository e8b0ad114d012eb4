import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { isIsolaneError } from '../core/errors.ts'
import { automaticName } from '../snapshots/names.ts'
import type { OpenSnapshot } from '../snapshots/open-snapshot.ts'
import { type Registered, registerFolder } from '../snapshots/registered.ts'
import { removeSnapshot } from '../snapshots/remove.ts'
import type { SnapshotStore } from '../snapshots/store.ts'
import type { OneLane } from './one-lane.ts'

interface Made {
  readonly snapshot: OpenSnapshot
  readonly registered: Registered
}

/** The snapshots of a rehearsal. Whenever this process is killed, the next run removes them. */
export class RehearsalSnapshots {
  /** `upgrade-20261121-223850-4f1c`. */
  readonly name = `upgrade-${automaticName()}`
  readonly #store: SnapshotStore
  readonly #named: boolean
  readonly #made: Made[] = []

  /** @param named a person wants them to stay: they are not removed by themselves some days later */
  constructor(store: SnapshotStore, named: boolean) {
    this.#store = store
    this.#named = named
  }

  /** @throws as `createSnapshot` does */
  async save(lane: OneLane, side: 'before' | 'after' | 'fresh'): Promise<OpenSnapshot> {
    const name = `${this.name}-${side}`
    await this.#store.prepare()
    const registered = registerFolder(join(await realpath(this.#store.folder), name))
    try {
      const reason = `an upgrade is rehearsed: ${sides[side]}`
      const snapshot = await lane.save({ store: this.#store, name, named: this.#named, reason })
      this.#made.push({ snapshot, registered })
      return snapshot
    } catch (error) {
      registered.release()
      throw error
    }
  }

  /** @returns the names of those that stay */
  async end(keep: boolean): Promise<readonly string[]> {
    const made = this.#made.splice(0)
    for (const each of made) await (keep ? letStay(each) : remove(each))
    return keep ? made.map(({ snapshot }) => snapshot.name) : []
  }

  /** Before the others; one that is not among them is left alone. */
  async remove(snapshot: OpenSnapshot): Promise<void> {
    const index = this.#made.findIndex((each) => each.snapshot === snapshot)
    if (index < 0) return
    for (const made of this.#made.splice(index, 1)) await remove(made)
  }
}

const sides = {
  before: 'the lane on the old version',
  after: 'the lane on the new version',
  fresh: 'what migrations and seed make on the new version',
} as const

async function letStay({ snapshot, registered }: Made): Promise<void> {
  await snapshot[Symbol.asyncDispose]()
  registered.release()
}

async function remove({ snapshot, registered }: Made): Promise<void> {
  await snapshot[Symbol.asyncDispose]()
  await removeSnapshot(snapshot).catch((error: unknown) => {
    // Somebody reads it at this moment, who has it then; or has removed it.
    if (!isIsolaneError(error, 'ISOLANE_SNAPSHOT_REFUSED', 'ISOLANE_SNAPSHOT_NOT_FOUND')) throw error
  })
  registered.release()
}
