import pg from 'pg'
import type { PostgresLane } from '../../../src/services/postgres/index.ts'

/** Runs a statement in a lane as a test would: with the URL and nothing else. */
export async function inLane({ url }: Pick<PostgresLane, 'url'>, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
