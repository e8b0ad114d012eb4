import { setTimeout as delay } from 'node:timers/promises'
import type { Bolt } from '../bolt/client.ts'
import { isForbidden, isNotFound, isUnsupported, mayPass } from '../bolt/errors.ts'
import { unsupportedHere } from '../snapshots/unsupported.ts'

/** The one database of ours that stays on a server: it says which others are ours, and whose runs are alive. */
export const recordsDatabase = 'isolane'

/** Milliseconds until a database that was made must answer. */
const patience = 60_000

/** Makes and drops databases by name, one after the other: servers do no better side by side. */
export class Databases {
  readonly #bolt: Bolt
  readonly #waits: boolean
  #last: Promise<unknown> = Promise.resolve()

  private constructor(bolt: Bolt, waits: boolean) {
    this.#bolt = bolt
    this.#waits = waits
  }

  /**
   * Makes the database of our records, to see what the server can do; its name and edition tell nothing. Some with many
   * databases refuse `WAIT` with the very words in which Community refuses databases, so the shorter form is tried too.
   *
   * @returns `undefined` where there can be one database only
   */
  static async probe(bolt: Bolt, signal: AbortSignal): Promise<Databases | undefined> {
    for (const waits of [true, false]) {
      const databases = new Databases(bolt, waits)
      try {
        await databases.create(recordsDatabase, signal)
        return databases
      } catch (error) {
        if (!isUnsupported(error)) throw error
      }
    }
    return undefined
  }

  /** Makes a database, unless it is there, and waits until it answers. */
  create(name: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      try {
        await this.#administer(`CREATE DATABASE ${literal(name)} IF NOT EXISTS`)
      } catch (error) {
        // Of several who come at once, not every server lets the slower ones find it made.
        if (isUnsupported(error) || isForbidden(error) || !(await this.#exists(name))) throw error
      }
      await this.#answers(name, signal)
    })
  }

  /** Drops a database; nothing happens when it is not there. End its transactions first, or it waits for them. */
  drop(name: string): Promise<void> {
    return this.#inTurn(() => this.#administer(`DROP DATABASE ${literal(name)} IF EXISTS`))
  }

  /** Stops a database, so that its files are at rest. @throws ISOLANE_SNAPSHOT_UNSUPPORTED where databases can't be */
  stop(name: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      try {
        await this.#administer(`STOP DATABASE ${literal(name)}`)
      } catch (error) {
        throw isUnsupported(error) ? unsupportedHere('it has no STOP DATABASE', error) : error
      }
      const deadline = Date.now() + patience
      while (!(await this.isStopped(name))) {
        if (Date.now() > deadline) throw new Error(`the database ${name} did not stop in time`)
        await delay(50, undefined, { signal })
      }
    })
  }

  /** Starts a stopped database, and waits until it answers. */
  start(name: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      await this.#administer(`START DATABASE ${literal(name)}`)
      await this.#answers(name, signal)
    })
  }

  async isStopped(name: string): Promise<boolean> {
    const statement =
      'SHOW DATABASES YIELD name, currentStatus WHERE name = $name RETURN DISTINCT currentStatus AS status'
    const rows = await this.#bolt.rows<{ status: string }>('system', statement, { name })
    return rows.length > 0 && rows.every(({ status }) => status === 'offline')
  }

  async #administer(statement: string): Promise<void> {
    await this.#bolt.rows('system', this.#waits ? `${statement} WAIT` : statement)
  }

  async #exists(name: string): Promise<boolean> {
    const statement = 'SHOW DATABASES YIELD name WHERE name = $name RETURN name'
    return (await this.#bolt.rows('system', statement, { name })).length > 0
  }

  async #answers(name: string, signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + patience
    for (let pause = 5; ; pause = Math.min(pause * 2, 250)) {
      try {
        await this.#bolt.rows(name, 'RETURN 1')
        return
      } catch (error) {
        if (!mayPass(error) || Date.now() > deadline) throw error
      }
      await delay(pause, undefined, { signal })
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }
}

/**
 * A database's name as it stands in a statement. Never a parameter: there are servers that accept one and damage
 * themselves. Ours alone fit the pattern.
 */
function literal(name: string): string {
  if (!/^isolane(-[a-z0-9]+)*$/.test(name) || name.length > 63)
    throw new TypeError(`${name} is no database of Isolane's`)
  return `\`${name}\``
}

/** A database that is gone already is as good as one that was dropped. */
export function unlessNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error
}
