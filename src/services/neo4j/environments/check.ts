import type { ConnectionCheck } from '../../../core/contracts.ts'
import { isIsolaneError, messageOf } from '../../../core/errors.ts'
import { address } from '../lane.ts'
import { connectLane } from '../lane-clients.ts'
import type { Neo4jLane } from '../options.ts'

/** Connects as programs do, and asks for something. */
export async function check(lane: Neo4jLane): Promise<readonly ConnectionCheck[]> {
  const begun = performance.now()
  const trouble = await tryIt(lane)
  const where = `${address(lane.host, lane.port)}/${lane.database}`
  return [{ who: lane.user, address: where, milliseconds: performance.now() - begun, ...trouble }]
}

async function tryIt(lane: Neo4jLane): Promise<Pick<ConnectionCheck, 'problem' | 'remedy'>> {
  try {
    const driver = await connectLane(lane)
    try {
      await driver.executeQuery('MATCH (n) RETURN n LIMIT 1')
    } finally {
      await driver.close()
    }
    return {}
  } catch (error) {
    if (isRefused(error)) {
      return {
        problem: `Neo4j answers, but does not take the password of ${lane.user}`,
        remedy:
          'start the stack anew (`isolane down`, `isolane up`), which sets it, and make the env files anew (`isolane env files`)',
      }
    }
    return {
      problem: isIsolaneError(error) ? error.reason : `Neo4j answers, but not as it should: ${messageOf(error)}`,
      remedy: 'see whether the stack is up (`isolane status`), and what Neo4j wrote (`isolane logs neo4j`)',
    }
  }
}

/** Whether a server did not let a user in. */
export function isRefused(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown }
  return String(code).startsWith('Neo.ClientError.Security.') || (cause !== undefined && isRefused(cause))
}
