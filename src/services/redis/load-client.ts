import type { Redis } from 'ioredis'
import { clientNotLoaded } from '../../core/client-missing.ts'

/**
 * Loaded when the first server is there, so that stacks without Redis need no client.
 * @throws ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE
 */
export async function loadClient(): Promise<typeof Redis> {
  try {
    return (await import('ioredis')).Redis
  } catch (error) {
    throw clientNotLoaded('ioredis', 'Redis', error)
  }
}
