import type { Effects } from '../../../core/contracts.ts'
import type { StepFile } from '../../../core/template-steps.ts'
import { type Client, sqlState } from '../client.ts'
import { runStatement, sqlFailure } from '../sql-files.ts'
import { type Statement, statements } from '../sql-splitter.ts'
import { type Control, controlParts } from '../transaction-control.ts'
import { LockWatch } from './locks.ts'
import { looking } from './watch.ts'

/** It must not be in a transaction; or it ends transactions itself, as a procedure may. */
const alone = ['25001', '2D000']

/** What has another meaning in a transaction than alone; the server refuses some of it alone. */
const bare = /^(?:lock|savepoint|release|rollback|declare|set\s+(?:local|constraints|transaction))\b/i

/**
 * Runs a file as templates do: each statement its own transaction unless the file says BEGIN. Before a transaction ends,
 * another connection looks at what it has locked.
 */
export async function runWatched(file: StepFile, client: Client, observer: Client): Promise<Effects> {
  const watch = await LockWatch.begin(observer)
  const run = new WatchedRun(client, watch, await processOf(client))
  let current: Statement | undefined
  try {
    for (const statement of statements(file.text)) {
      current = statement
      await run.statement(statement)
    }
  } catch (error) {
    throw sqlFailure(file, current, error, 'migrations')
  }
  return { milliseconds: run.milliseconds, locks: watch.locks(), rewritten: await watch.rewritten() }
}

class WatchedRun {
  /** Without what looking takes. */
  milliseconds = 0
  readonly #client: Client
  readonly #watch: LockWatch
  readonly #process: number
  #inTransaction = false

  constructor(client: Client, watch: LockWatch, process: number) {
    this.#client = client
    this.#watch = watch
    this.#process = process
  }

  async statement(statement: Statement): Promise<void> {
    const part = controlParts(statement.text)?.[0]
    const control = part?.control
    if (control === 'begin') this.#inTransaction = true
    if (this.#inTransaction || control !== undefined || bare.test(statement.text))
      return this.#within(statement, control, part?.chain)
    const since = performance.now()
    await this.#time(() => this.#client.query('BEGIN'))
    try {
      await this.#time(() => runStatement(this.#client, statement))
      await this.#watch.look(this.#process, since)
      await this.#time(() => this.#client.query('COMMIT'))
    } catch (error) {
      await this.#client.query('ROLLBACK').catch(() => {})
      if (!alone.includes(sqlState(error) ?? '')) throw error
      await looking(this.#watch, this.#process, () => this.#time(() => runStatement(this.#client, statement)))
    }
    this.#watch.end()
  }

  async #within(statement: Statement, control: Control | undefined, chain = false): Promise<void> {
    const since = performance.now()
    await this.#time(() => runStatement(this.#client, statement))
    const ends = control === 'commit' || control === 'rollback' || control === 'prepare'
    if (ends) this.#watch.end()
    else await this.#watch.look(this.#process, since)
    if (ends && !chain) this.#inTransaction = false
  }

  async #time(work: () => Promise<unknown>): Promise<void> {
    const begun = performance.now()
    await work()
    this.milliseconds += performance.now() - begun
  }
}

async function processOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid ?? 0
}
