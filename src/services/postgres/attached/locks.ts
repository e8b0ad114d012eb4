import { createHash } from 'node:crypto'
import type { Pool, PoolClient } from '../client.ts'

/** Names an advisory lock: 63 bits, as text. */
export function lockKey(what: string): string {
  const digest = createHash('sha256').update(`isolane\0${what}`).digest()
  return (digest.readBigUInt64BE() >> 1n).toString()
}

/** The advisory locks that anybody holds, in whatever database: the locks themselves know only their own. */
export async function heldLocks(client: Pick<Pool, 'query'>): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ key: string }>(
    `SELECT DISTINCT ((classid::bigint << 32) | objid::bigint)::text AS key
     FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted`,
  )
  return new Set(rows.map(({ key }) => key))
}

/** Acts while nobody holds the lock, or not at all. `undefined` when somebody does. */
export async function ifFree<Result>(
  client: PoolClient,
  what: string,
  act: () => Promise<Result>,
): Promise<Result | undefined> {
  const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [lockKey(what)])
  if (!rows[0]?.mine) return undefined
  const result = await act()
  await client.query('SELECT pg_advisory_unlock($1)', [lockKey(what)])
  return result
}

/** Takes one of the pool's connections for locks. It is ended, and they with it, when what they were for fails. */
export async function withLocks<Result>(pool: Pool, act: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  let failed = true
  try {
    const result = await act(client)
    failed = false
    return result
  } finally {
    client.release(failed)
  }
}
