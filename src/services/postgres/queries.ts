import type { Client } from 'pg'
import type { QuerySession, QuerySupport } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { harmlessLine } from '../../core/harmless.ts'
import { shellCommandRefused } from '../../core/query-files.ts'
import { connectLane } from './lane-client.ts'
import type { PostgresLane } from './options.ts'
import { plainPlan } from './plain-plan.ts'
import { MetaCommand, statements } from './sql-splitter.ts'

/** Plans and times of queries, asked for as the lane's own user. */
export const queries: QuerySupport<PostgresLane> = { extensions: ['.sql'], split, open }

/** What EXPLAIN takes. `(` begins a query in parentheses. */
const query = /^(?:\(|(?:select|with|values|table|insert|update|delete|merge)\b)/i

/** @throws ISOLANE_OPTION_INVALID for a file that holds commands of psql, or statements that are no queries */
function split(text: string): readonly string[] {
  try {
    const found = [...statements(text)].map((statement) => statement.text.trim())
    const other = found.find((statement) => !query.test(statement))
    if (other === undefined) return found
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `A file of queries has a statement that is none: ${harmlessLine(other).slice(0, 60)}`,
      remedy: 'remove it: plans and times are those of SELECT, WITH, VALUES, TABLE, INSERT, UPDATE, DELETE and MERGE',
    })
  } catch (error) {
    throw error instanceof MetaCommand ? shellCommandRefused(error) : error
  }
}

async function open(lane: PostgresLane): Promise<QuerySession> {
  const client = await connectLane(lane)
  return {
    plan: (statement) =>
      undone(client, async () => {
        const { rows } = await alone(client, `EXPLAIN (COSTS OFF, SUMMARY OFF) ${statement}`)
        return plainPlan(rows.map(([line]) => String(line)))
      }),
    /** Of what a query changes, only the positions of sequences stay. */
    time: (statement) =>
      undone(client, async () => {
        const begun = performance.now()
        await alone(client, statement)
        return performance.now() - begun
      }),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

async function undone<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  await client.query('BEGIN')
  try {
    return await work()
  } finally {
    await client.query('ROLLBACK')
  }
}

/** The extended protocol takes one statement only: none can end the transaction and go on after it. */
function alone(client: Client, text: string) {
  const query = { text, rowMode: 'array', queryMode: 'extended' } as const
  return client.query<unknown[]>(query)
}
