import type { Client } from 'pg'
import type { ClientSupport } from '../../core/client-support.ts'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import { contents } from './lane-contents.ts'
import { loadClient } from './load-client.ts'
import type { PostgresLane } from './options.ts'
import { Rollback } from './rollback.ts'

export interface PostgresClientOptions {
  /**
   * All that is done through this client is undone after the test. Transactions of the test's own become savepoints.
   * Default: false.
   */
  readonly rollback?: boolean
}

export interface PostgresClients {
  /**
   * A new client of pg, connected to the lane. It is closed after the test, or with what else the lane was asked from.
   * @throws ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE, ISOLANE_SERVER_UNREACHABLE
   */
  client(options?: PostgresClientOptions): Promise<Client>
}

export const postgresClients: ClientSupport<PostgresLane, PostgresClients> = {
  methods: (endpoint, opened) => ({
    async client({ rollback = false } = {}) {
      const client = await connect(endpoint)
      opened(rollback ? await Rollback.begin(client) : { close: () => client.end() })
      return client
    },
  }),
  async contents(endpoint) {
    const client = await connect(endpoint)
    try {
      return await contents(client)
    } finally {
      await client.end()
    }
  },
}

async function connect({ url, host, port, sslmode }: PostgresLane): Promise<Client> {
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
