import type { MarkSupport } from '../../../core/contracts.ts'
import { messageOf } from '../../../core/errors.ts'
import { connectLane } from '../lane-clients.ts'
import type { Neo4jLane } from '../options.ts'
import { isRefused } from './check.ts'

/**
 * A node for each mark. Neo4j never forgets a name that was used, so label and property are the same for all of them: what
 * stays is these two in its lists of names, once.
 */
export const marks: MarkSupport<Neo4jLane> = {
  async write(lane, mark) {
    await ask(lane, 'CREATE (:__IsolaneMark {name: $mark})', mark)
  },

  async count(lane, mark) {
    const [row] = await ask(lane, 'MATCH (m:__IsolaneMark {name: $mark}) RETURN toString(count(m)) AS count', mark)
    return Number(row?.count)
  },

  async remove(lane, mark) {
    await ask(lane, 'MATCH (m:__IsolaneMark {name: $mark}) DETACH DELETE m', mark)
  },

  async intrude({ user, password }, other) {
    try {
      await ask({ ...other, user, password }, 'MATCH (n) RETURN toString(count(n)) AS count', '')
      return undefined
    } catch (error) {
      if (!isRefused(error)) throw error
      return messageOf((error as Error).cause ?? error).split('\n')[0] ?? ''
    }
  },
}

async function ask(lane: Neo4jLane, statement: string, mark: string): Promise<readonly { readonly count: string }[]> {
  const driver = await connectLane(lane)
  try {
    const { records } = await driver.executeQuery(statement, { mark })
    return records.map((record) => record.toObject() as { count: string })
  } finally {
    await driver.close()
  }
}
