import type { AttachSpec, SpecContext } from '../../core/contracts.ts'
import type { RedisOptions } from './options.ts'

const defaultPort = 6379

/** Where to attach: what the `url` option says, else REDIS_URL, else REDIS_HOST and its companions. */
export function attachSpec(options: RedisOptions, { environment = {} }: SpecContext): AttachSpec | undefined {
  const url = options.url ?? (environment.REDIS_URL || urlFromParts(environment))
  const parsed = url === undefined ? undefined : parseUrl(url)
  if (!parsed) return undefined
  return {
    url: parsed.href,
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    ports: { redis: Number(parsed.port || defaultPort) },
    credentials: { username: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) },
  }
}

/** `undefined` for what is no URL of a Redis server. */
export function parseUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '') return undefined
  try {
    decodeURIComponent(url.username + url.password)
    return url
  } catch {
    return undefined
  }
}

/** The same server, as another user and in another DB. TLS and parameters stay. */
export function urlFor(
  server: string,
  { username, password, database }: { username?: string; password?: string; database: number },
): string {
  const url = new URL(server)
  if (username !== undefined) url.username = encodeURIComponent(username)
  if (password !== undefined) url.password = encodeURIComponent(password)
  url.pathname = `/${database}`
  return url.href
}

function urlFromParts(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const { REDIS_HOST: host, REDIS_PORT: port, REDIS_USERNAME: username, REDIS_PASSWORD: password } = environment
  if (!host) return undefined
  const user =
    username || password ? `${encodeURIComponent(username ?? '')}:${encodeURIComponent(password ?? '')}@` : ''
  return `redis://${user}${host.includes(':') ? `[${host}]` : host}:${port || defaultPort}`
}
