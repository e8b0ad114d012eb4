import pg from 'pg'
import type { Database, Row } from './database.ts'

export function openPostgres(url: string): Database {
  const pool = new pg.Pool({ connectionString: url })
  return {
    query: async (text, ...parameters) => (await pool.query<Row>(text, [...parameters])).rows,
    close: () => pool.end(),
  }
}
