import type { Client } from 'pg'
import { IsolaneError } from '../../core/errors.ts'
import type { OpenClient } from '../../core/open-clients.ts'
import { isSubmittable, type QueryCall, readCall, submittableText } from './query-forms.ts'
import { Savepoints, type Send, unsupported } from './savepoints.ts'
import { sqlState } from './sql-state.ts'
import { controlParts } from './transaction-control.ts'

/** It is gone when something has ended the transaction, also when that began another one. */
const outermost = 'isolane_outermost'

/** Keeps all that goes through one client inside a transaction that is never committed. */
export class Rollback implements OpenClient {
  readonly perTest = true
  readonly #client: Client
  readonly #send: Send
  #savepoints: Savepoints
  #work: Promise<unknown> = Promise.resolve()
  #waiting = 0
  /** A cursor or stream was used, which may still be open: nobody says when it is done. */
  #streamed = false
  #isOver = false

  private constructor(client: Client) {
    this.#client = client
    this.#send = client.query.bind(client) as Send
    this.#savepoints = new Savepoints(this.#send)
  }

  static async begin(client: Client): Promise<Rollback> {
    const rollback = new Rollback(client)
    try {
      await rollback.#begin()
    } catch (error) {
      await client.end()
      throw error
    }
    client.query = rollback.#query as unknown as Client['query']
    return rollback
  }

  /** What was committed all the same is about to be reset. */
  async suspend(): Promise<void> {
    await this.#work
    await this.#undo().catch(() => {})
  }

  async resume(): Promise<void> {
    try {
      await this.#begin()
    } catch {
      // A reset may have taken the connection. Whatever it was: nothing goes through a client without its transaction.
      await this.#client.end()
    }
  }

  /** What a transaction has written gives it a number. */
  async holdsBack(): Promise<boolean> {
    await this.#work
    try {
      const { rows } = await this.#send('SELECT txid_current_if_assigned() IS NOT NULL AS held')
      return rows[0]?.held === true
    } catch {
      // In a transaction that has failed nothing is answered any more, nor by a connection that is gone.
      return true
    }
  }

  /** @throws ISOLANE_RESET_FAILED when something was committed all the same */
  async close(): Promise<void> {
    this.#isOver = true
    try {
      // What is still running is cut off with the connection, and undone by the server.
      if (this.#waiting === 0 && !this.#streamed) await this.#undo()
    } finally {
      await this.#client.end()
    }
  }

  async #begin(): Promise<void> {
    await this.#send(`BEGIN; SAVEPOINT ${outermost}`)
    this.#savepoints = new Savepoints(this.#send)
  }

  async #undo(): Promise<void> {
    try {
      await this.#send(`ROLLBACK TO SAVEPOINT ${outermost}; ROLLBACK`)
    } catch (error) {
      if (['25P01', '3B001'].includes(sqlState(error) ?? '')) throw committed()
      // Whatever else fails here is a connection that is gone, and its transaction with it.
    }
  }

  /** Stands in the place of the client's `query`, in all its forms. */
  readonly #query = (given: unknown, ...rest: readonly unknown[]): unknown => {
    if (isSubmittable(given)) {
      if (controlParts(submittableText(given)))
        throw unsupported('a cursor or stream that begins or ends a transaction')
      this.#streamed = true
      const submit = () => (this.#send as (...given: readonly unknown[]) => unknown)(given, ...rest)
      // Where it can't be submitted any more, pg itself tells it so.
      this.#inOrder(() => this.#savepoints.openEnded(submit)).catch(submit)
      return given
    }
    const site: { stack?: string } = {}
    Error.captureStackTrace(site, this.#query)
    const call = readCall(given, rest)
    const { callback } = call
    const result = this.#inOrder(() => this.#run(call)).catch((error: unknown) => {
      throw calledAt(site.stack, error)
    })
    if (!callback) return result
    // What a callback throws is no failure of the statement.
    result.then(
      (value) => process.nextTick(callback, null, value),
      (error) => process.nextTick(callback, error),
    )
    return undefined
  }

  async #run(call: QueryCall): Promise<unknown> {
    if (this.#isOver) throw over()
    return this.#savepoints.run(call)
  }

  /** One after the other, as pg does it. */
  async #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1
    const result = this.#work.then(work)
    this.#work = result.catch(() => {})
    try {
      return await result
    } finally {
      this.#waiting -= 1
    }
  }
}

/** Has an error tell where the query was asked for: that is lost among the statements around it. */
function calledAt(stack: string | undefined, error: unknown): unknown {
  if (stack && error instanceof Error)
    error.stack = `${error.name}: ${error.message}${stack.slice(stack.indexOf('\n'))}`
  return error
}

function committed(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RESET_FAILED',
    message:
      'What was written through a client with `rollback` was committed: something ended the transaction around it',
    remedy: 'use a client without `rollback` here, and `lane.reset()`',
  })
}

function over(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_LOST',
    message: 'This client, made with `rollback`, has ended with its test',
    remedy: 'ask for one in each test or in `beforeEach`',
  })
}
