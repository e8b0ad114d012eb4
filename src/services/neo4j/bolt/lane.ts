import type { Instance } from '../../../core/contracts.ts'
import { laneEndpoint } from '../lane.ts'
import type { Neo4jLane } from '../options.ts'
import type { Bolt } from './client.ts'

/** A database of a server, as tests reach it: with the credentials that the server was given with. */
export function boltLane({ endpoint }: Instance, bolt: Bolt, database: string, version: string): Neo4jLane {
  const { host, ports, credentials } = endpoint
  return laneEndpoint({
    url: bolt.url,
    host,
    port: ports.bolt ?? 7687,
    user: credentials.username,
    password: credentials.password,
    database,
    version,
  })
}
