import { setTimeout as delay } from 'node:timers/promises'
import { type Access, type Client, connect, isConnectionLost } from '../client.ts'
import { lockKey } from './locks.ts'

/**
 * Tells every other session on the server, from whatever machine, that this one lives and what it uses: shared locks on a
 * connection of their own, which end with our process and are taken again when the server has been away. Shared, so that
 * a connection which the server has not yet missed is never in the way of the one that takes its place.
 */
export class Presence {
  readonly #access: Access
  readonly #database: string
  readonly #held = new Set<string>()
  readonly #closed = new AbortController()
  #client: Promise<Client>
  #current: Client

  private constructor(access: Access, database: string, client: Client) {
    this.#access = access
    this.#database = database
    this.#client = Promise.resolve(client)
    this.#current = client
    this.#watch(client)
  }

  static async open(access: Access, database: string): Promise<Presence> {
    const client = await connect(access, database)
    await keepForLife(client)
    return new Presence(access, database, client)
  }

  /** Waits while somebody removes what the lock stands for. */
  async hold(what: string): Promise<void> {
    const key = lockKey(what)
    this.#held.add(key)
    for (;;) {
      try {
        await (await this.#client).query('SELECT pg_advisory_lock_shared($1)', [key])
        return
      } catch (error) {
        if (!isConnectionLost(error) || this.#closed.signal.aborted) throw error
        await delay(10)
      }
    }
  }

  async release(what: string): Promise<void> {
    const key = lockKey(what)
    if (!this.#held.delete(key)) return
    // Connections that took a lock twice hold it twice.
    const client = await this.#client
    for (let held = true; held; ) {
      const { rows } = await client.query<{ held: boolean }>('SELECT pg_advisory_unlock_shared($1) AS held', [key])
      held = rows[0]?.held ?? false
    }
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.#client.then((client) => client.end()).catch(() => {})
  }

  #watch(client: Client): void {
    client.once('end', () => {
      if (this.#closed.signal.aborted || this.#current !== client) return
      this.#client = this.#return()
      this.#client.catch(() => {})
    })
  }

  async #return(): Promise<Client> {
    const { signal } = this.#closed
    for (let pause = 5; ; pause = Math.min(pause * 2, 250)) {
      try {
        const client = await connect(this.#access, this.#database)
        this.#watch(client)
        await keepForLife(client)
        for (const key of this.#held) await client.query('SELECT pg_advisory_lock_shared($1)', [key])
        this.#current = client
        return client
      } catch {
        // Whoever talks to the server reports what is wrong with it; we only have to be there when it is back.
        await delay(pause, undefined, { signal, ref: false })
      }
    }
  }
}

/**
 * A server may end what does nothing for long (PostgreSQL 14 and newer). When our machine is gone it should notice within
 * a minute, not after the usual two hours.
 */
async function keepForLife(client: Client): Promise<void> {
  await client.query(
    `SELECT set_config(name, value, false) FROM pg_settings JOIN (VALUES ('idle_session_timeout', '0'),
       ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3')
     ) AS ours (name, value) USING (name)`,
  )
}
