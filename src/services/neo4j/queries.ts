import type { Session, Transaction } from 'neo4j-driver'
import type { QuerySession, QuerySupport } from '../../core/contracts.ts'
import { shellCommandRefused } from '../../core/query-files.ts'
import { cypherExtensions } from './cypher-files.ts'
import { ShellCommand, statements } from './cypher-splitter.ts'
import { connectLane } from './lane-clients.ts'
import type { Neo4jLane } from './options.ts'
import { plainPlan } from './plain-plan.ts'

/** Plans and times of queries, asked for as the lane's own user. */
export const queries: QuerySupport<Neo4jLane> = { extensions: cypherExtensions, split, open }

/** @throws ISOLANE_OPTION_INVALID for a file that holds commands of cypher-shell */
function split(text: string): readonly string[] {
  try {
    return [...statements(text)].map((statement) => statement.text)
  } catch (error) {
    throw error instanceof ShellCommand ? shellCommandRefused(error) : error
  }
}

async function open(lane: Neo4jLane): Promise<QuerySession> {
  const driver = await connectLane(lane)
  const session = driver.session()
  return {
    plan: (statement) =>
      undone(session, async (transaction) => {
        const { summary } = await transaction.run(`EXPLAIN ${statement}`)
        return summary.plan ? plainPlan(summary.plan) : ''
      }),
    /** Until the last row was there. */
    time: (statement) =>
      undone(session, async (transaction) => {
        const begun = performance.now()
        await transaction.run(statement)
        return performance.now() - begun
      }),
    [Symbol.asyncDispose]: async () => {
      await session.close()
      await driver.close()
    },
  }
}

async function undone<Result>(session: Session, work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  const transaction = await session.beginTransaction()
  try {
    return await work(transaction)
  } finally {
    await transaction.close()
  }
}
