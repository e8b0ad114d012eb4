import { clientNotLoaded } from '../../core/client-missing.ts'

/**
 * Loaded when the first server is there, so that stacks without Neo4j need no driver.
 * @throws ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE
 */
export async function loadDriver(): Promise<Pick<typeof import('neo4j-driver'), 'auth' | 'driver'>> {
  try {
    return await import('neo4j-driver')
  } catch (error) {
    throw clientNotLoaded('neo4j-driver', 'Neo4j', error)
  }
}
