import type { Client } from 'pg'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import { loadClient } from './load-client.ts'
import type { PostgresLane } from './options.ts'

/**
 * Connects to a lane as its tests do. The caller ends it.
 * @throws ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE, ISOLANE_SERVER_UNREACHABLE
 */
export async function connectLane({ url, host, port, sslmode }: PostgresLane): Promise<Client> {
  const { Client } = await loadClient()
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    // A PGSSLMODE around us is about other servers.
    ...(sslmode === 'disable' ? { ssl: false } : {}),
  })
  // Without a listener, a connection that the server ends would end the whole test run.
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (error) {
    client.end().catch(() => {})
    throw new IsolaneError({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: `The lane's PostgreSQL at ${host}:${port} does not answer (${messageOf(error)})`,
      remedy: 'see whether the server runs (`isolane status`), and what it logged',
      cause: error,
    })
  }
}
