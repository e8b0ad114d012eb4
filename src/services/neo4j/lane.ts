import { nowhereHost } from '../../core/contracts.ts'
import type { Neo4jLane } from './options.ts'

/** The user that every Neo4j Community has. */
export const user = 'neo4j'

/** `host:port`, as it stands in URLs. */
export function address(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

export interface LaneParts {
  readonly host: string
  readonly port: number
  readonly password: string
  readonly database: string
  readonly version: string
  /** `neo4j` unless told otherwise. */
  readonly user?: string
  /** Bolt without encryption unless told otherwise. */
  readonly url?: string
  readonly http?: string
}

export function laneEndpoint(parts: LaneParts): Neo4jLane {
  return { user, url: `bolt://${address(parts.host, parts.port)}`, ...parts }
}

export const nowhere: Neo4jLane = laneEndpoint({
  host: nowhereHost,
  port: 1,
  password: 'none',
  database: 'nowhere',
  version: '',
})

export function laneEnvironment(lane: Neo4jLane): Record<string, string> {
  return {
    NEO4J_URI: lane.url,
    NEO4J_USER: lane.user,
    NEO4J_USERNAME: lane.user,
    NEO4J_PASSWORD: lane.password,
    NEO4J_DATABASE: lane.database,
  }
}

/**
 * Neo4j's browser with a database's address and user filled in. The one on the web, unless the server brings its own: it
 * runs in the user's web browser and connects from there.
 */
export function browserUrl(
  boltUrl: string,
  user: string,
  database?: string,
  browser = 'https://browser.neo4j.io/',
): string {
  const url = new URL(browser)
  url.searchParams.set('dbms', boltUrl.replace('://', `://${encodeURIComponent(user)}@`))
  if (database !== undefined) url.searchParams.set('db', database)
  return url.href
}
