import { endTransactions } from '../bolt/transactions.ts'
import { wipe } from '../graph/restore.ts'
import { Lease, type LeaseParts } from './lease.ts'

/** Empties a disposable database whose last holder was killed. @returns whether there was one */
export async function removeLeftovers(parts: LeaseParts): Promise<boolean> {
  const { bolt, database } = parts
  if (!(await Lease.wasLeft(bolt, database))) return false
  const lease = await Lease.take(parts)
  await endTransactions(bolt, database)
  await wipe(bolt, database)
  await lease.release()
  return true
}
