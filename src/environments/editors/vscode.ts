import type { LaneEndpoint } from '../../core/contracts.ts'
import type { EnvironmentStatus } from '../../core/environments.ts'
import type { Lane } from '../../core/lane.ts'
import { colourOf } from './colours.ts'
import { withDefault, withEntries } from './jsonc.ts'

/** An environment with what leads into it. */
export interface EditedEnvironment {
  readonly status: EnvironmentStatus
  readonly lane: Lane
}

interface Place extends EditedEnvironment {
  /** `tta dev` */
  readonly title: string
  readonly service: string
  readonly kind: string
  readonly endpoint: LaneEndpoint
}

/**
 * The workspace's settings with a connection to each environment's Postgres, for the extensions PostgreSQL (Microsoft) and
 * SQLTools, both of which ask for the password: none is written.
 */
export function vscodeSettings(
  text: string,
  stack: string,
  environments: readonly EditedEnvironment[],
  path: string,
): string {
  const places = placesOf(stack, environments).filter(({ kind }) => kind === 'postgres')
  const groups = [...new Map(places.map((place) => [place.title, place])).values()]
  const isOurs = (name: string) => name.startsWith(`${stack} `)
  const grouped = withEntries(text, 'pgsql.serverGroups', 'name', groups.map(serverGroup), isOurs, path)
  const connected = withEntries(grouped, 'pgsql.connections', 'profileName', places.map(pgsqlConnection), isOurs, path)
  return withEntries(connected, 'sqltools.connections', 'name', places.map(sqltoolsConnection), isOurs, path)
}

/**
 * The workspace's tasks with a terminal for each environment and service: psql, valkey-cli, cypher-shell. Clients of Redis
 * and Neo4j keep their connections to themselves, and know no file to write them into.
 */
export function vscodeTasks(
  text: string,
  stack: string,
  environments: readonly EditedEnvironment[],
  path: string,
): string {
  const tasks = placesOf(stack, environments).map(({ title, service, status }) => ({
    label: `${title}: ${service}`,
    type: 'process',
    command: 'npx',
    args: ['isolane', 'open', status.name, service],
    icon: { id: 'database', color: colourOf(status).theme },
    presentation: { panel: 'dedicated', focus: true },
    problemMatcher: [],
  }))
  const isOurs = (label: string) => label.startsWith(`${stack} `)
  return withEntries(withDefault(text, 'version', '2.0.0', path), 'tasks', 'label', tasks, isOurs, path)
}

function placesOf(stack: string, environments: readonly EditedEnvironment[]): readonly Place[] {
  return environments.flatMap(({ status, lane }) =>
    Object.entries(lane.endpoints).map(([service, endpoint]) => ({
      status,
      lane,
      title: `${stack} ${status.name}`,
      service,
      kind: lane.kinds[service] ?? '',
      endpoint,
    })),
  )
}

function serverGroup({ title, status }: Place) {
  return { id: idOf(title), name: title, color: colourOf(status).hex }
}

function pgsqlConnection({ title, service, endpoint }: Place) {
  return {
    id: idOf(`${title} ${service}`),
    groupId: idOf(title),
    profileName: `${title}: ${service}`,
    server: endpoint.host,
    port: String(endpoint.port),
    user: endpoint.user,
    database: endpoint.database,
    authenticationType: 'SqlLogin',
    savePassword: false,
  }
}

function sqltoolsConnection({ title, service, endpoint }: Place) {
  return {
    name: `${title}: ${service}`,
    group: title,
    driver: 'PostgreSQL',
    server: endpoint.host,
    port: endpoint.port,
    database: endpoint.database,
    username: endpoint.user,
    askForPassword: true,
  }
}

function idOf(title: string): string {
  return `isolane-${title.replaceAll(/[^a-zA-Z0-9]+/g, '-')}`
}
