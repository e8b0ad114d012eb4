import type pg from 'pg'
import { clientMissing } from '../../core/client-missing.ts'

/** Loaded when the first server is there, so that stacks without PostgreSQL need no client. @throws ISOLANE_CLIENT_MISSING */
export async function loadClient(): Promise<typeof pg> {
  try {
    return (await import('pg')).default
  } catch (error) {
    throw clientMissing('pg', 'PostgreSQL', error)
  }
}
