import pg from 'pg'
import { number, transaction } from './rows.ts'

/** Another nightly run is under way. */
export class AlreadyRunningError extends Error {}

const nightlyLock = 1848

/**
 * Does the night's work: drops trips that nobody planned a stop for, and brings the region report up to date. One at a
 * time: a second one waits for `patience` milliseconds, then gives up.
 */
export async function nightly(patience: number, meanwhile: () => Promise<void> = async () => {}): Promise<number> {
  try {
    return await transaction(async (client) => {
      await client.query(`SELECT set_config('lock_timeout', $1, true)`, [`${patience}ms`])
      await client.query('SELECT pg_advisory_xact_lock($1)', [nightlyLock])
      const { rowCount } = await client.query(
        'DELETE FROM trips WHERE NOT EXISTS (SELECT FROM stops WHERE trip_id = trips.id)',
      )
      await client.query('REFRESH MATERIALIZED VIEW region_totals')
      await meanwhile()
      return rowCount ?? 0
    })
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '55P03') {
      throw new AlreadyRunningError('Another nightly run is under way', { cause: error })
    }
    throw error
  }
}

/** How many nightly runs are under way. */
export async function nightlyRuns(): Promise<number> {
  return number(
    `SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
      WHERE datname = current_database() AND locktype = 'advisory' AND objid = $1 AND granted`,
    [nightlyLock],
  )
}
