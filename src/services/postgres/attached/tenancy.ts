import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from '../client.ts'
import type { Databases } from '../databases.ts'
import { sessionPrefix } from '../names.ts'
import { dropLaneRole, laneRoleName } from './lane-role.ts'
import { Leftovers, type LeftoversParts, sessionLock, templateLock } from './leftovers.ts'
import { ifFree, withLocks } from './locks.ts'
import type { Presence } from './presence.ts'

/** How long a session that ends may wait for another look, in milliseconds: whoever looks now may be a machine that is gone. */
const patience = 15_000

export interface TenancyParts extends LeftoversParts {
  readonly presence: Presence
  /** Whom the server was given with. */
  readonly user: string
}

/** A session's stay on a server that is not ours: what it holds there, what it removes, and that it leaves nothing. */
export class Tenancy {
  readonly session: string
  readonly #presence: Presence
  readonly #user: string
  readonly #leftovers: Leftovers
  readonly #closing = new AbortController()
  #looking: Promise<void> | undefined
  #patientUntil = 0

  constructor({ session, presence, user, owner, tell }: TenancyParts) {
    this.session = session
    this.#presence = presence
    this.#user = user
    this.#leftovers = new Leftovers({ session, owner, tell })
  }

  /** Announces a session: before it makes anything, so that nobody finds anything of a session unknown. */
  static async announce(presence: Presence, session: string, user: string): Promise<void> {
    await presence.hold(sessionLock(session))
    await presence.hold(roleLock(user))
  }

  /** From now on nobody drops this template. Call before looking for it. */
  async use(template: string): Promise<void> {
    await this.#presence.hold(templateLock(template))
  }

  /** Removes in the background what dead sessions have left. */
  look(pool: Pool, databases: Databases): void {
    this.#looking ??= this.#look(pool, databases)
      // What could not be removed now is found again.
      .catch(() => {})
      .finally(() => {
        this.#looking = undefined
      })
  }

  async #look(pool: Pool, databases: Databases): Promise<void> {
    const { signal } = this.#closing
    for (;;) {
      const pause = await withLocks(pool, (client) => this.#leftovers.look(client, databases))
      // A run that is shorter than the pause waits at its end, when there is something to wait for.
      const hurried = signal.aborted && (!this.#leftovers.expectant || performance.now() > this.#patientUntil)
      if (pause === Number.POSITIVE_INFINITY || hurried) return
      await delay(pause, undefined, { signal, ref: false }).catch(() => delay(this.#leftovers.expectant ? pause : 0))
    }
  }

  /** Drops all that is this session's own. */
  async close(pool: Pool, databases: Databases): Promise<void> {
    try {
      if (this.#leftovers.expectant) this.look(pool, databases)
      this.#patientUntil = performance.now() + patience
      this.#closing.abort()
      await this.#looking
      await databases.discardAll(sessionPrefix(this.session))
      await databases.emptyTrash()
      await this.#dropRole(pool)
    } finally {
      await this.#presence.close()
    }
  }

  /** The role stays while another session counts on it. */
  async #dropRole(pool: Pool): Promise<void> {
    const lock = roleLock(this.#user)
    await this.#presence.release(lock)
    await withLocks(pool, (client) => ifFree(client, lock, () => dropLaneRole(client, this.#user)))
  }
}

function roleLock(user: string): string {
  return `role ${laneRoleName(user)}`
}
