/** Which kinds of services have clients for tests. Clients themselves are loaded when one is asked for. */
import type { ClientSupport } from './core/client-support.ts'
import { type Neo4jClients, neo4jClients } from './services/neo4j/lane-clients.ts'
import { type PostgresClients, postgresClients } from './services/postgres/lane-clients.ts'
import { type RedisClients, redisClients } from './services/redis/lane-clients.ts'

/** The methods of an endpoint, by the kind of its service. */
export interface ClientsByKind {
  readonly postgres: PostgresClients
  readonly redis: RedisClients
  readonly neo4j: Neo4jClients
}

export const clientSupport: Readonly<Record<string, ClientSupport | undefined>> = {
  postgres: postgresClients,
  redis: redisClients,
  neo4j: neo4jClients,
} satisfies { readonly [Kind in keyof ClientsByKind]: ClientSupport<never, ClientsByKind[Kind]> }
