import type { QueryResult } from 'pg'
import { IsolaneError } from '../../core/errors.ts'
import { LocalSettings } from './local-settings.ts'
import type { QueryCall } from './query-forms.ts'
import { sqlState } from './sql-state.ts'
import { controlParts, type Part } from './transaction-control.ts'

export type Send = (query: unknown, values?: unknown) => Promise<QueryResult>

/** Around each statement, so that one that fails undoes no more than itself. */
const statement = 'isolane_statement'
/** In the place of a transaction. */
const transaction = 'isolane_transaction'

/**
 * What a commit does: deferred constraints are checked now, and begin again as they were defined. One of that name that is
 * not deferrable would be refused, and so would be those of other sessions' tables and of schemas that are closed to us.
 */
const settle = `DO $isolane$
DECLARE deferred text;
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  SELECT string_agg(format('%I.%I', schema, name), ', ') INTO deferred FROM (
    SELECT n.nspname AS schema, c.conname AS name
    FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
    WHERE NOT pg_is_other_temp_schema(n.oid) AND has_schema_privilege(n.oid, 'USAGE')
    GROUP BY 1, 2 HAVING bool_or(c.condeferred) AND bool_and(c.condeferrable)) AS names;
  IF deferred IS NOT NULL THEN EXECUTE 'SET CONSTRAINTS ' || deferred || ' DEFERRED'; END IF;
END $isolane$`

/**
 * Inside of one transaction, behaves as if there were none: statements stand for themselves, and BEGIN, COMMIT and ROLLBACK
 * set, release and go back to a savepoint.
 */
export class Savepoints {
  readonly #send: Send
  readonly #localSettings: LocalSettings
  #inTransaction = false
  /** Something runs of which nobody says when it is done. */
  #openEnded = false

  constructor(send: Send) {
    this.#send = send
    this.#localSettings = new LocalSettings(send)
  }

  /** @throws ISOLANE_OPTION_INVALID for what would end the transaction around all */
  async run({ query, text, values, parameters }: Omit<QueryCall, 'callback'>): Promise<unknown> {
    await this.#finish()
    const parts = controlParts(text)
    if (!parts) return this.#alone(text, parameters, () => this.#send(query, values))
    const results: QueryResult[] = []
    for (const part of parts) results.push(await this.#part(part))
    return results.length === 1 ? results[0] : results
  }

  /** Has a cursor or a stream, which talks to the connection itself, begin. It ends before whatever comes next. */
  async openEnded(begin: () => void): Promise<void> {
    await this.#finish()
    if (!this.#inTransaction) {
      await this.#send(`SAVEPOINT ${statement}`)
      this.#openEnded = true
    }
    begin()
  }

  async #finish(): Promise<void> {
    if (!this.#openEnded) return
    this.#openEnded = false
    try {
      await this.#send(`${settle}; RELEASE SAVEPOINT ${statement}`)
    } catch (error) {
      await this.#backTo(statement)
      // It has failed, and has told so itself.
      if (sqlState(error) !== '25P02') throw error
    }
  }

  async #part({ text, control, chain = false }: Part): Promise<QueryResult> {
    switch (control) {
      case undefined:
        return this.#alone(text, [], () => this.#send(text))
      case 'begin':
        return this.#begin()
      case 'commit':
      case 'rollback': {
        const result = await (control === 'commit' ? this.#commit() : this.#rollback())
        return chain ? this.#begin() : result
      }
      case 'options':
        return this.#nothing()
      default:
        throw unsupported('PREPARE TRANSACTION')
    }
  }

  /** Outside of a transaction a statement that fails is undone alone, and one that succeeds is final. */
  async #alone(text: string, parameters: readonly unknown[], send: () => Promise<QueryResult>): Promise<QueryResult> {
    const work = async () => {
      await this.#localSettings.remember(text, parameters)
      return send()
    }
    if (this.#inTransaction) return work()
    await this.#send(`SAVEPOINT ${statement}`)
    try {
      const result = await work()
      await this.#send(`${settle}; RELEASE SAVEPOINT ${statement}`)
      await this.#localSettings.end()
      return result
    } catch (error) {
      this.#localSettings.forget()
      await this.#backTo(statement).catch(() => {})
      throw error
    }
  }

  /** Within a transaction BEGIN only warns, as COMMIT and ROLLBACK do outside of one. */
  async #begin(): Promise<QueryResult> {
    if (this.#inTransaction) return this.#nothing()
    this.#inTransaction = true
    return this.#send(`SAVEPOINT ${transaction}`)
  }

  async #commit(): Promise<QueryResult> {
    if (!this.#inTransaction) return this.#nothing()
    this.#inTransaction = false
    try {
      await this.#send(settle)
      const result = await this.#send(`RELEASE SAVEPOINT ${transaction}`)
      await this.#localSettings.end()
      return result
    } catch (error) {
      this.#localSettings.forget()
      const undone = await this.#backTo(transaction)
      // To commit a transaction that has failed is to roll it back.
      if (sqlState(error) === '25P02') return undone
      throw error
    }
  }

  async #rollback(): Promise<QueryResult> {
    if (!this.#inTransaction) return this.#nothing()
    this.#inTransaction = false
    this.#localSettings.forget()
    return this.#backTo(transaction)
  }

  async #backTo(savepoint: string): Promise<QueryResult> {
    await this.#send(`ROLLBACK TO SAVEPOINT ${savepoint}`)
    return this.#send(`RELEASE SAVEPOINT ${savepoint}`)
  }

  #nothing(): Promise<QueryResult> {
    return this.#send('')
  }
}

export function unsupported(what: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `A client with \`rollback\` can't have ${what}: that could not be undone`,
    remedy: 'use a client without `rollback` here, and `lane.reset()`',
  })
}
