import { setTimeout as delay } from 'node:timers/promises'
import type { AuthToken, Driver, ManagedTransaction, RecordShape, Session } from 'neo4j-driver'
import type { Instance } from '../../../core/contracts.ts'
import { plainUrl } from '../attach.ts'
import { address } from '../lane.ts'
import { loadDriver } from '../load-driver.ts'
import { isAway, isUnreachable, unreachable } from './errors.ts'

export type Parameters = Readonly<Record<string, unknown>>

/** Statements of ours carry this, so that ending everybody else's transactions leaves them alone. */
const ours = { isolane: true }

/** Milliseconds that a server may take to come back. */
const patience = 30_000

/** A server that is talked to over Bolt alone. Values come and go without loss: integers stay the driver's own. */
export class Bolt {
  /** As clients are told it, without credentials. */
  readonly url: string
  readonly #driver: Driver
  /** Since when the server has not answered. */
  #awaySince: number | undefined

  private constructor(url: string, driver: Driver) {
    this.url = url
    this.#driver = driver
  }

  /** @throws ISOLANE_CLIENT_MISSING, ISOLANE_SERVER_UNREACHABLE; ISOLANE_ATTACH_REFUSED for a wrong password */
  static async open({ endpoint }: Instance): Promise<Bolt> {
    const { driver, auth } = await loadDriver()
    const { host, ports, credentials } = endpoint
    const url = endpoint.url === undefined ? `bolt://${address(host, ports.bolt ?? 7687)}` : plainUrl(endpoint.url)
    const token: AuthToken = auth.basic(credentials.username, credentials.password)
    // Connections that were idle for a second are tried before use: the server may have been restarted.
    const bolt = new Bolt(url, driver(url, token, { connectionLivenessCheckTimeout: 1_000, connectionTimeout: 10_000 }))
    try {
      await bolt.#driver.verifyConnectivity({ database: 'system' })
      return bolt
    } catch (error) {
      await bolt.close()
      throw isUnreachable(error) ? unreachable(url, credentials.username, error) : error
    }
  }

  /**
   * The rows of one statement in a transaction of its own, as administration commands need it. It may run twice, as a
   * server that goes away meanwhile is waited for.
   */
  async rows<Row extends RecordShape>(
    database: string,
    statement: string,
    parameters: Parameters = {},
  ): Promise<Row[]> {
    for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
      try {
        const rows = await this.once<Row>(database, statement, parameters)
        this.#awaySince = undefined
        return rows
      } catch (error) {
        if (!isAway(error)) throw error
        this.#awaySince ??= performance.now()
        if (performance.now() - this.#awaySince > patience) throw error
      }
      await delay(pause)
    }
  }

  /** As {@link rows}, for statements that must not run twice. */
  async once<Row extends RecordShape>(
    database: string,
    statement: string,
    parameters: Parameters = {},
  ): Promise<Row[]> {
    return this.#inSession(database, async (session) => {
      const { records } = await session.run<Row>(statement, parameters, { metadata: ours })
      return records.map((record) => record.toObject() as Row)
    })
  }

  /** Several statements in one transaction, again from the start when the server says that this may help. */
  async transaction<Result>(
    database: string,
    work: (transaction: ManagedTransaction) => Promise<Result>,
  ): Promise<Result> {
    return this.#inSession(database, (session) => session.executeWrite(work, { metadata: ours }))
  }

  async close(): Promise<void> {
    await this.#driver.close()
  }

  async #inSession<Result>(database: string, work: (session: Session) => Promise<Result>): Promise<Result> {
    const session = this.#driver.session(database === '' ? {} : { database })
    try {
      return await work(session)
    } finally {
      await session.close()
    }
  }
}
