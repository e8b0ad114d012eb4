import type { LaneEndpoint } from '../../core/contracts.ts'
import type { EnvironmentStatus } from '../../core/environment-status.ts'
import type { Lane } from '../../core/lane.ts'
import { colourOf } from './colours.ts'
import { type Belonging, type Entry, withDefault, withEntries } from './jsonc.ts'

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
  const grouped = withEntries(text, 'pgsql.serverGroups', groups.map(serverGroup), pgsqlOf(stack, 'name'), path)
  const connections = places.map(pgsqlConnection)
  const connected = withEntries(grouped, 'pgsql.connections', connections, pgsqlOf(stack, 'profileName'), path)
  const tools = places.map(sqltoolsConnection)
  return withEntries(connected, 'sqltools.connections', tools, sqltoolsOf(stack, tools), path)
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
  return withEntries(withDefault(text, 'version', '2.0.0', path), 'tasks', tasks, tasksOf(stack), path)
}

/** Both extensions and people make ids of their own, none of which begins as ours do. */
function pgsqlOf(stack: string, title: string): Belonging {
  return {
    identity: 'id',
    isOurs: (entry) => String(entry.id).startsWith(`${idOf(stack)}-`) && String(entry[title]).startsWith(`${stack} `),
  }
}

/**
 * There is no field for a sign of ours: those of environments that there are have the names that we give. One of an
 * environment that is no more counts as ours only when nothing of it was changed.
 */
function sqltoolsOf(stack: string, present: readonly Entry[]): Belonging {
  const names = new Set(present.map(({ name }) => name))
  return { identity: 'name', isOurs: (entry) => names.has(entry.name) || isUntouched(stack, entry) }
}

function isUntouched(stack: string, entry: Entry): boolean {
  const { name, group, driver, askForPassword } = entry
  return (
    String(group).startsWith(`${stack} `) &&
    String(name).startsWith(`${group}: `) &&
    driver === 'PostgreSQL' &&
    askForPassword === true &&
    Object.keys(entry).sort().join() === sqltoolsFields
  )
}

function tasksOf(stack: string): Belonging {
  return {
    identity: 'label',
    isOurs: ({ label, args }) => {
      const [program, command, environment, service] = Array.isArray(args) ? args : []
      return program === 'isolane' && command === 'open' && label === `${stack} ${environment}: ${service}`
    },
  }
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

const sqltoolsFields = 'askForPassword,database,driver,group,name,port,server,username'

function idOf(title: string): string {
  return `isolane-${title.replaceAll(/[^a-zA-Z0-9]+/g, '-')}`
}
