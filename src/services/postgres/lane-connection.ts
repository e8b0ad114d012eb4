import type { ResetOptions } from '../../core/contracts.ts'
import { type Access, type Client, connect, isConnectionLost, sqlState } from './client.ts'
import type { ConnectionBudget } from './connection-budget.ts'
import { rollBackPrepared } from './databases.ts'
import { resetSettings } from './tracking/row-settings.ts'

/** Dirty tables above this many bytes are slower to tidy than a clone is to make. */
const tidyBudget = 32 * 1024 * 1024

/** Somebody else holds a lock that the reset needs, and does not let go. */
const lockStates = ['55P03', '40P01']

/** Our own kept connection into one lane's database, for resets. */
export class LaneConnection {
  readonly database: string
  readonly #access: Access
  readonly #budget: ConnectionBudget<LaneConnection>
  #client: Promise<Client> | undefined
  /** A reset that failed has taken marks away, so the next one looks at every table. */
  #suspect = false

  constructor(access: Access, database: string, budget: ConnectionBudget<LaneConnection>) {
    this.#access = access
    this.database = database
    this.#budget = budget
  }

  /** Connects in the background, so that the first reset does not have to. */
  warm(): void {
    if (!this.#budget.room) return
    this.#budget.use(this, () => this.#connect()).catch(() => {})
  }

  /** `ok`, or why a fresh clone has to take the place of this database. */
  reset(options: ResetOptions): Promise<string> {
    return this.#budget.use(this, () => this.#reset(options))
  }

  /** A reset that failed may have taken away what tells which tables were changed. */
  get suspect(): boolean {
    return this.#suspect
  }

  /** Does something else over the connection, in one transaction. */
  transaction<Result>(begin: string, act: (client: Client) => Promise<Result>): Promise<Result> {
    return this.#budget.use(this, async () => {
      const client = await this.#connect()
      try {
        await client.query(begin)
        const result = await act(client)
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch(() => this.#disconnect())
        throw error
      }
    })
  }

  async #reset(options: ResetOptions): Promise<string> {
    let cutOff = options.connections === 'close'
    for (let attempt = 1; ; attempt += 1) {
      try {
        const client = await this.#connect()
        const outcome = await this.#call(client, cutOff)
        if (outcome !== 'prepared' || attempt > 3) return outcome
        await rollBackPrepared(client)
      } catch (error) {
        this.#suspect = true
        const locked = lockStates.includes(sqlState(error) ?? '')
        if (isConnectionLost(error)) await this.#disconnect()
        else if (!locked || cutOff) return `failed: ${sqlState(error) ?? 'unknown'}`
        if (attempt > 3) throw error
        // A connection that keeps rows or tables locked between tests holds a transaction that nobody will end.
        cutOff ||= locked
      }
    }
  }

  async #call(client: Client, cutOff: boolean): Promise<string> {
    const { rows } = await client.query<{ outcome: string }>({
      name: 'isolane_reset',
      text: 'SELECT isolane.reset($1, $2, $3) AS outcome',
      values: [cutOff, this.#suspect, tidyBudget],
    })
    const outcome = rows[0]?.outcome ?? 'nothing'
    if (outcome === 'ok') this.#suspect = false
    return outcome
  }

  async close(): Promise<void> {
    await this.#disconnect()
    this.#budget.forget(this)
  }

  async #disconnect(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.then((open) => open.end()).catch(() => {})
  }

  #connect(): Promise<Client> {
    if (!this.#client) {
      const opening = connect(this.#access, this.database, resetSettings)
      this.#client = opening
      opening.catch(() => {
        if (this.#client === opening) this.#client = undefined
      })
    }
    return this.#client
  }
}
