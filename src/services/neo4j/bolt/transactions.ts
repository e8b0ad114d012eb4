import type { Bolt } from './client.ts'

/** Ends every transaction in a database that is not ours: it loses its locks and can't commit, even where its client is idle. */
export async function endTransactions(bolt: Bolt, database: string): Promise<void> {
  const rows = await bolt.rows<{ id: string }>(
    database,
    `SHOW TRANSACTIONS YIELD transactionId AS id, database, metaData
     WHERE database = $database AND metaData.isolane IS NULL RETURN id`,
    { database },
  )
  if (rows.length > 0) await bolt.rows(database, 'TERMINATE TRANSACTIONS $ids', { ids: rows.map(({ id }) => id) })
}
