import type pg from 'pg'
import { clientNotLoaded } from '../../core/client-missing.ts'

/**
 * Loaded when the first server is there, so that stacks without PostgreSQL need no client.
 * @throws ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE
 */
export async function loadClient(): Promise<typeof pg> {
  try {
    return (await import('pg')).default
  } catch (error) {
    throw clientNotLoaded('pg', 'PostgreSQL', error)
  }
}
