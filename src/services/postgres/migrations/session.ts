import type { DatabaseState, Effects, MigrationSession, Unfilled } from '../../../core/contracts.ts'
import type { StepFile } from '../../../core/template-steps.ts'
import type { Client, Settings } from '../client.ts'
import { connectLane } from '../lane-client.ts'
import type { PostgresLane } from '../options.ts'
import { rowSettings } from '../tracking/row-settings.ts'
import { fillTables } from './fill/tables.ts'
import { runWatched } from './run.ts'
import { readState } from './state.ts'
import { watchDatabase } from './watch.ts'

/** What a database says of itself must not stop us. */
const unlimited: Settings = { statement_timeout: '0', lock_timeout: '0', client_min_messages: 'error' }

/** Names in answers have their schema, and rows look the same; what a policy hides stays hidden. */
const exact: Settings = { ...rowSettings, ...unlimited, row_security: 'on' }

/** One lane's database. Connections are opened when they are needed, as the database may be replaced by another. */
export class PostgresMigrations implements MigrationSession {
  readonly #lane: PostgresLane

  constructor(lane: PostgresLane) {
    this.#lane = lane
  }

  fill(rows: number, spared: ReadonlySet<string>): Promise<readonly Unfilled[]> {
    return this.#connected(unlimited, (client) => fillTables(client, rows, spared))
  }

  state(): Promise<DatabaseState> {
    return this.#connected(exact, (client) => readState(client, this.#lane))
  }

  run(file: StepFile): Promise<Effects> {
    return this.#connected(exact, (observer) =>
      this.#connected(unlimited, (client) => runWatched(file, client, observer)),
    )
  }

  watch(work: () => Promise<void>): Promise<Effects> {
    return this.#connected(exact, (observer) => watchDatabase(observer, work))
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #connected<Result>(settings: Settings, work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = await connectLane(this.#lane)
    try {
      await client.query('SELECT set_config(key, value, false) FROM json_each_text($1)', [JSON.stringify(settings)])
      return await work(client)
    } finally {
      await client.end().catch(() => {})
    }
  }
}
