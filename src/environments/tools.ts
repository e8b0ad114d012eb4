import type { Lane } from '../core/lane.ts'

/** A program with a page in the web browser, to look into databases with. */
export interface DataTool {
  /** `pgadmin` */
  readonly name: string
  readonly title: string
  /** The kind of service that it is for. */
  readonly kind: string
  readonly image: string
  /** Where its page is, once it is started. */
  readonly port: number
  /** What its container is given, passwords included. */
  variables(environments: readonly Lane[], port: number, password: string): Readonly<Record<string, string>>
  /** Its files in the container, without passwords: path → text. */
  files?(environments: readonly Lane[]): Readonly<Record<string, string>>
  /** How to log in, for people. */
  login(password: string): string
}

const pgadminUser = 'isolane@example.com'

/** Containers of these are started on request. Neo4j Browser needs none: the server, or the web, has it. */
export const dataTools: readonly DataTool[] = [
  {
    name: 'pgadmin',
    title: 'pgAdmin',
    kind: 'postgres',
    image: 'dpage/pgadmin4:latest',
    port: 5050,
    variables: (_environments, port, password) => ({
      PGADMIN_DEFAULT_EMAIL: pgadminUser,
      PGADMIN_DEFAULT_PASSWORD: password,
      PGADMIN_LISTEN_ADDRESS: '127.0.0.1',
      PGADMIN_LISTEN_PORT: String(port),
      PGADMIN_DISABLE_POSTFIX: '1',
    }),
    files: (environments) => ({ '/pgadmin4/servers.json': JSON.stringify({ Servers: pgadminServers(environments) }) }),
    login: (password) => `user ${pgadminUser}, password ${password}`,
  },
  {
    name: 'redis-commander',
    title: 'Redis Commander',
    kind: 'redis',
    image: 'ghcr.io/joeferner/redis-commander:latest',
    port: 8081,
    variables: (environments, port, password) => ({
      ADDRESS: '127.0.0.1',
      PORT: String(port),
      HTTP_USER: 'isolane',
      HTTP_PASSWORD: password,
      NODE_CONFIG: JSON.stringify({ connections: redisConnections(environments) }),
    }),
    login: (password) => `user isolane, password ${password}`,
  },
]

function pgadminServers(environments: readonly Lane[]) {
  const servers = ofKind(environments, 'postgres').map(({ environment, service, endpoint }) => ({
    Name: `${environment} ${service}`,
    Group: environment,
    Host: endpoint.host,
    Port: endpoint.port,
    MaintenanceDB: endpoint.database,
    Username: endpoint.user,
    SSLMode: 'prefer',
  }))
  return Object.fromEntries(servers.map((server, index) => [String(index + 1), server]))
}

function redisConnections(environments: readonly Lane[]) {
  return ofKind(environments, 'redis').map(({ environment, service, endpoint }) => ({
    label: `${environment} ${service}`,
    host: endpoint.host,
    port: endpoint.port,
    username: endpoint.username,
    password: endpoint.password,
    dbIndex: endpoint.database,
  }))
}

/** The slices of a kind, in all environments. */
export function ofKind(environments: readonly Lane[], kind: string) {
  return environments.flatMap(({ id, endpoints, kinds }) =>
    Object.entries(endpoints).flatMap(([service, endpoint]) =>
      kinds[service] === kind ? [{ environment: id.name, service, endpoint }] : [],
    ),
  )
}
