import { nowhereHost } from '../../core/contracts.ts'
import { formatUrl, parameterVariables } from './attached/url.ts'
import type { Access } from './client.ts'
import { roleVariables } from './environments/role-variables.ts'
import type { PostgresLane, PostgresOptions } from './options.ts'

/** How lanes are reached, but for their databases. */
export type LaneAddress = Access &
  Pick<PostgresLane, 'password' | 'version'> & {
    /** Parameters of libpq that every URL of a lane carries, as the URL of the attached server does. */
    readonly parameters?: Readonly<Record<string, string>>
    /** What clients should do that are told in variables. Default: `disable`. */
    readonly sslmode?: string
  }

export function laneEndpoint(address: LaneAddress, database: string): PostgresLane {
  const { host, port, user, password, version, parameters = {}, sslmode = 'disable' } = address
  const told = Object.keys(parameterVariables).flatMap((name) => {
    const value = parameters[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(told),
    url: formatUrl({ host, port, user, password, database, parameters }),
    host,
    port,
    user,
    password,
    database,
    sslmode,
    version,
  }
}

export const nowhere: PostgresLane = laneEndpoint(
  { host: nowhereHost, port: 1, user: 'nobody', password: 'none', version: '' },
  'nowhere',
)

export function laneEnvironment(
  lane: PostgresLane,
  { roles }: Pick<PostgresOptions, 'roles'> = {},
): Record<string, string> {
  const told = Object.entries(parameterVariables).flatMap(([name, variable]) => {
    const value = lane[name]
    return value === undefined ? [] : [[variable, String(value)] as const]
  })
  return {
    DATABASE_URL: lane.url,
    PGHOST: lane.host,
    PGPORT: String(lane.port),
    PGUSER: lane.user,
    PGPASSWORD: lane.password,
    PGDATABASE: lane.database,
    ...roleVariables(lane, roles),
    ...Object.fromEntries(told),
  }
}
