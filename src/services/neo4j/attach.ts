import type { AttachSpec } from '../../core/contracts.ts'
import { user } from './lane.ts'
import { isServerUrl, type Neo4jOptions } from './options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The server that the `url` option or NEO4J_URI names; credentials that it lacks come from the usual variables. */
export function attachSpec({ url }: Neo4jOptions, environment: Environment): AttachSpec | undefined {
  const given = url ?? environment.NEO4J_URI
  if (given === undefined || !isServerUrl(given)) return undefined
  const parsed = new URL(given)
  const credentials = {
    username: decodeURIComponent(parsed.username) || environment.NEO4J_USER || environment.NEO4J_USERNAME || user,
    password: decodeURIComponent(parsed.password) || environment.NEO4J_PASSWORD || '',
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  return { url: given, host, ports: { bolt: Number(parsed.port || 7687) }, credentials }
}

/** How clients reach the server: as the user wrote it, without credentials. */
export function plainUrl(url: string): string {
  const parsed = new URL(url)
  return `${parsed.protocol}//${parsed.host}${parsed.search}`
}
