import pg from 'pg'
import { opened, required } from './connections.ts'

/** Postgres, at `DATABASE_URL`. */
export const rows = opened(
  () => new pg.Pool({ connectionString: required('DATABASE_URL'), max: 8 }),
  (pool) => pool.end(),
)

/** Runs one statement and returns its rows. */
export async function query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
  return (await rows().query<Row>(text, values)).rows
}

/** The single number a statement such as `SELECT count(*)` returns. */
export async function number(text: string, values: unknown[] = []): Promise<number> {
  const result = await rows().query<[string | number]>({ text, values, rowMode: 'array' })
  return Number(result.rows[0]?.[0])
}

/** Runs `work` in one transaction: all of it happens or nothing. */
export async function transaction<Result>(
  work: (client: pg.PoolClient) => Promise<Result>,
  pool: pg.Pool = rows(),
): Promise<Result> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}
