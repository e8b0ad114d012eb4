import type { AttachSpec } from '../../../core/contracts.ts'
import type { PostgresOptions } from '../options.ts'

/** A server's URL, taken apart. */
export interface ServerUrl {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** The database to connect to first, where the URL names one. */
  readonly database?: string
  /** Parameters of libpq: `sslmode`, `sslrootcert`, `options` … */
  readonly parameters: Readonly<Record<string, string>>
}

type Environment = Readonly<Record<string, string | undefined>>

/** libpq would take these from the query as well; then the parts before it would say something else. */
const misplaced = ['host', 'hostaddr', 'port', 'user', 'password', 'dbname', 'service']

/**
 * Takes a URL apart as libpq does, percent signs included.
 * @throws TypeError that says what is wrong with it, and holds nothing of it.
 */
export function parseUrl(text: string): ServerUrl {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new TypeError('Expected a URL of one server: postgres://USER:PASSWORD@HOST:PORT/DATABASE')
  }
  if (!/^postgres(ql)?:$/.test(url.protocol)) throw new TypeError('Expected a URL that begins with postgres://')
  const host = decode(url.hostname).replace(/^\[(.*)\]$/, '$1')
  const parameters = Object.fromEntries(url.searchParams)
  if (host.startsWith('/') || parameters.host?.startsWith('/')) {
    throw new TypeError('Expected a host: Isolane and the tests connect over TCP, not over a local socket')
  }
  const stray = misplaced.find((name) => name in parameters)
  if (stray !== undefined) throw new TypeError(`Expected "${stray}" before the question mark of the URL`)
  if (host === '' || /[,/]/.test(host)) throw new TypeError('Expected the host of one server')
  const database = decode(url.pathname.slice(1))
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    user: decode(url.username),
    password: decode(url.password),
    ...(database === '' ? {} : { database }),
    parameters,
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new TypeError('Expected a percent sign in the URL to be written as %25')
  }
}

/** What of a host stands in a URL. */
function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : encodeURIComponent(host)
}

export function formatUrl(server: ServerUrl): string {
  const { host, port, user, password, database = '', parameters } = server
  const secret = password === '' ? '' : `:${encodeURIComponent(password)}`
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return [
    `postgresql://${encodeURIComponent(user)}${secret}@${urlHost(host)}:${port}/${encodeURIComponent(database)}`,
    ...(query.length > 0 ? [query.join('&')] : []),
  ].join('?')
}

/**
 * The server to attach to: of the option, else of `DATABASE_URL`, else of `PGHOST` and its kind. What a URL leaves open
 * is taken from the environment, as libpq does. Variables that name no server we could use name none.
 */
export function attachSpec({ url }: PostgresOptions, environment: Environment = {}): AttachSpec | undefined {
  const named = url === undefined ? fromEnvironment(environment) : parseUrl(url)
  if (!named) return undefined
  const server = {
    ...named,
    user: named.user || environment.PGUSER || environment.USER || environment.USERNAME || 'postgres',
    password: named.password || environment.PGPASSWORD || '',
    parameters: { ...parametersOf(environment), ...named.parameters },
  }
  return {
    url: formatUrl(server),
    host: server.host,
    ports: { postgres: server.port },
    credentials: { username: server.user, password: server.password },
  }
}

function fromEnvironment({ DATABASE_URL, PGHOST, PGPORT, PGDATABASE }: Environment): ServerUrl | undefined {
  try {
    if (DATABASE_URL) return parseUrl(DATABASE_URL)
  } catch {
    return undefined
  }
  if (!PGHOST || /[,/]/.test(PGHOST)) return undefined
  return {
    host: PGHOST,
    port: Number(PGPORT || 5432),
    user: '',
    password: '',
    ...(PGDATABASE ? { database: PGDATABASE } : {}),
    parameters: {},
  }
}

/** The variables that stand for parameters of a URL. */
export const parameterVariables: Readonly<Record<string, string>> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  options: 'PGOPTIONS',
}

function parametersOf(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameterVariables).flatMap(([name, variable]) => {
      const value = environment[variable]
      return value ? [[name, value]] : []
    }),
  )
}
