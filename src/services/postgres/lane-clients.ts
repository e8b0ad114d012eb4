import type { Client } from 'pg'
import type { ClientSupport } from '../../core/client-support.ts'
import { connectLane } from './lane-client.ts'
import { contents } from './lane-contents.ts'
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
      const client = await connectLane(endpoint)
      opened(rollback ? await Rollback.begin(client) : { close: () => client.end() })
      return client
    },
  }),
  async contents(endpoint) {
    const client = await connectLane(endpoint)
    try {
      return await contents(client)
    } finally {
      await client.end()
    }
  },
}
