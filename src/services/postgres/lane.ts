import { type LaneId, nowhereHost } from '../../core/contracts.ts'
import type { PostgresLane } from './options.ts'

export type LaneAddress = Pick<PostgresLane, 'host' | 'port' | 'user' | 'password' | 'version'>

/** Every database of ours begins with this, and carries a comment of ours besides. */
export const prefix = 'isolane_'

export function laneDatabase(lane: LaneId): string {
  const name = lane.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
  return `${prefix}${name}`.slice(0, 63)
}

export function laneEndpoint(address: LaneAddress, database: string): PostgresLane {
  const { host, port, user, password, version } = address
  const authority = `${encodeURIComponent(user)}:${encodeURIComponent(password)}@${urlHost(host)}:${port}`
  return {
    url: `postgresql://${authority}/${encodeURIComponent(database)}`,
    host,
    port,
    user,
    password,
    database,
    version,
  }
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : encodeURIComponent(host)
}

export const nowhere: PostgresLane = laneEndpoint(
  { host: nowhereHost, port: 1, user: 'nobody', password: 'none', version: '' },
  'nowhere',
)

export function laneEnvironment(lane: PostgresLane): Record<string, string> {
  return {
    DATABASE_URL: lane.url,
    PGHOST: lane.host,
    PGPORT: String(lane.port),
    PGUSER: lane.user,
    PGPASSWORD: lane.password,
    PGDATABASE: lane.database,
  }
}
