import { IsolaneError } from '../../../core/errors.ts'
import { connect } from '../client.ts'
import type { Server } from '../server.ts'
import { accessOf } from './moment.ts'

/** Unlogged tables with rows: when the server recovers from a crash it empties them. */
export async function unloggedTables(server: Server, database: string): Promise<readonly string[]> {
  const client = await connect(accessOf(server), database)
  try {
    // Isolane's own goes with the lane's template.
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND pg_relation_size(c.oid) > 0 AND n.nspname <> 'isolane'
       ORDER BY 1`,
    )
    return rows.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

/** @throws ISOLANE_RESTORE_FAILED for a copy that has lost rows of these tables */
export async function checkUnlogged(server: Server, database: string, tables: readonly string[]): Promise<void> {
  if (tables.length === 0) return
  const found = new Set(await unloggedTables(server, database))
  const lost = tables.filter((table) => !found.has(table))
  if (lost.length === 0) return
  throw new IsolaneError({
    code: 'ISOLANE_RESTORE_FAILED',
    message: `PostgreSQL crashed after the lane was marked, and emptied the unlogged tables of the mark: ${lost.join(', ')}`,
    remedy: 'mark the lane again, or make the tables logged',
  })
}
