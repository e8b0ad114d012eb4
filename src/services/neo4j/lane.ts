import { type Endpoint, nowhereHost } from '../../core/contracts.ts'
import type { Neo4jLane } from './options.ts'

/** The user that every Neo4j Community has. */
export const user = 'neo4j'

export function laneEndpoint(endpoint: Endpoint, port: number, database: string, version: string): Neo4jLane {
  const { host, credentials } = endpoint
  const url = `bolt://${host.includes(':') ? `[${host}]` : host}:${port}`
  return { url, host, port, user, password: credentials.password, database, version }
}

export const nowhere: Neo4jLane = laneEndpoint(
  { host: nowhereHost, ports: {}, credentials: { username: '', password: 'none' } },
  1,
  'nowhere',
  '',
)

export function laneEnvironment(lane: Neo4jLane): Record<string, string> {
  return {
    NEO4J_URI: lane.url,
    NEO4J_USER: lane.user,
    NEO4J_USERNAME: lane.user,
    NEO4J_PASSWORD: lane.password,
    NEO4J_DATABASE: lane.database,
  }
}
