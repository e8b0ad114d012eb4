import pg from 'pg'
import { query, transaction } from './rows.ts'

/** Moves the trips that ended in `year` to a table of their own, `trips_YEAR`; returns how many. */
export async function archiveTrips(year: number): Promise<number> {
  const table = pg.escapeIdentifier(`trips_${year}`)
  return transaction(async (client) => {
    await client.query(`CREATE TABLE IF NOT EXISTS ${table} (LIKE trips INCLUDING CONSTRAINTS INCLUDING INDEXES)`)
    const moved = await client.query(
      `WITH moved AS (DELETE FROM trips WHERE extract(year FROM ends_on) = $1 RETURNING *)
       INSERT INTO ${table} SELECT * FROM moved`,
      [year],
    )
    return moved.rowCount ?? 0
  })
}

export async function archivedYears(): Promise<number[]> {
  const tables = await query<{ tablename: string }>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^trips_[0-9]{4}$' ORDER BY 1`,
  )
  return tables.map((table) => Number(table.tablename.slice('trips_'.length)))
}
