import type { PoolClient } from '../client.ts'
import type { Databases } from '../databases.ts'
import { type Described, description, type Marker, markerOf } from '../marker.ts'
import { prefix, sessionOf } from '../names.ts'
import { heldLocks, ifFree, lockKey } from './locks.ts'

/** A session whose lock is free at two looks, this many milliseconds apart, is dead. */
const grace = 2_000

/** Milliseconds after which somebody else's look is perhaps over. */
const turn = 200

/** After a start of the server, sessions have this many seconds to come back before anybody is taken for dead. */
const returnTime = 10

/** Of the templates nobody uses, those of the last so many used are kept for later runs. */
const keptTemplates = 5

interface Found {
  readonly name: string
  readonly marker: Marker
  readonly owner: string
}

export interface LeftoversParts {
  readonly session: string
  /** Of the templates that are ours to count. */
  readonly owner: string
  /** Called with the databases of dead sessions that were removed. */
  readonly tell: (removed: readonly string[]) => void
}

export function sessionLock(session: string): string {
  return `session ${session}`
}

export function templateLock(database: string): string {
  return `template ${database}`
}

/** Removes what sessions that were killed have left, and templates beyond those that are kept. Nothing else, ever. */
export class Leftovers {
  readonly #session: string
  readonly #owner: string
  readonly #tell: (removed: readonly string[]) => void
  /** When a session's lock was first seen to be free. */
  readonly #suspects = new Map<string, number>()
  #looked = false

  constructor({ session, owner, tell }: LeftoversParts) {
    this.#session = session
    this.#owner = owner
    this.#tell = tell
  }

  /** Whether it pays to wait for the next look: sessions may be dead, or there was no look yet. */
  get expectant(): boolean {
    return !this.#looked || this.#suspects.size > 0
  }

  /**
   * One session looks at a time; the others, which may have other rights, do so later.
   * @returns milliseconds until another look would tell more; infinitely many when there is nobody to wait for.
   */
  async look(client: PoolClient, databases: Databases): Promise<number> {
    const pause = await ifFree(client, 'leftovers', async () => {
      const { rows } = await client.query<{ wait: number }>(
        'SELECT 1000 * ($1 - extract(epoch FROM now() - pg_postmaster_start_time()))::float8 AS wait',
        [returnTime],
      )
      const wait = rows[0]?.wait ?? 0
      const found = await this.#list(client)
      const held = await heldLocks(client)
      await this.#removeDead(this.#dead(found, held, wait > 0), databases)
      if (wait > 0) return this.#suspects.size > 0 ? grace : wait
      await this.#dropOldTemplates(client, databases, found, held)
      await databases.emptyTrash()
      return this.#suspects.size > 0 ? grace : Number.POSITIVE_INFINITY
    })
    if (pause === undefined) return turn
    this.#looked = true
    return pause
  }

  async #removeDead(dead: readonly string[], databases: Databases): Promise<void> {
    const removed: string[] = []
    for (const name of dead) {
      // One that can not be dropped is no reason to leave the others.
      await databases.discard(name).then(
        () => removed.push(name),
        () => {},
      )
    }
    if (removed.length > 0) this.#tell(removed)
  }

  /** Databases of ours that we have the right to drop. */
  async #list(client: PoolClient): Promise<readonly Found[]> {
    const { rows } = await client.query<Described & { owner: string }>(
      `SELECT datname AS name, ${description}, pg_get_userbyid(datdba) AS owner
       FROM pg_database WHERE starts_with(datname, $1) AND pg_has_role(datdba, 'USAGE')`,
      [prefix],
    )
    return rows.flatMap((row) => {
      const marker = markerOf(row)
      return marker === 'foreign' ? [] : [{ name: row.name, owner: row.owner, marker }]
    })
  }

  #dead(found: readonly Found[], held: ReadonlySet<string>, mayReturn: boolean): readonly string[] {
    const now = performance.now()
    const before = new Map(this.#suspects)
    this.#suspects.clear()
    return found.flatMap(({ name, marker: { session } }) => {
      // Both tell, or it is none of a session's.
      if (session === undefined || session !== sessionOf(name) || session === this.#session) return []
      if (held.has(lockKey(sessionLock(session)))) return []
      const since = before.get(session) ?? now
      if (!mayReturn && now - since >= grace) return [name]
      this.#suspects.set(session, since)
      return []
    })
  }

  async #dropOldTemplates(
    client: PoolClient,
    databases: Databases,
    found: readonly Found[],
    held: ReadonlySet<string>,
  ): Promise<void> {
    const old = found
      .filter(({ marker, owner }) => marker.isolane === 'template' && !marker.session && owner === this.#owner)
      .sort((left, right) => (right.marker.used ?? '').localeCompare(left.marker.used ?? ''))
      .slice(keptTemplates)
    for (const { name } of old) {
      // A session in whose database other locks are kept does not see ours, but all are seen.
      if (held.has(lockKey(templateLock(name)))) continue
      await ifFree(client, templateLock(name), () => databases.discard(name))
    }
  }
}
