import { IsolaneError } from '../../core/errors.ts'

export interface RedisTarget {
  /** As ioredis takes them. */
  readonly options: {
    readonly host: string
    readonly port: number
    readonly db: number
    readonly username?: string
    readonly password?: string
    readonly tls?: object
  }
  /** For people, without a password. */
  readonly text: string
}

interface Address {
  readonly url: string
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/**
 * What stands in the URL counts; what is missing there comes from `username` and `password`.
 * @throws ISOLANE_OPTION_INVALID
 */
export function redisTarget({ url, username, password }: Address): RedisTarget {
  const parsed = URL.parse(url)
  const [, database = '0'] = /^\/?(\d*)$/.exec(parsed?.pathname ?? '-') ?? []
  if (!parsed || !/^rediss?:$/.test(parsed.protocol) || !/^\/?\d*$/.test(parsed.pathname)) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: 'The address of Redis is not one',
      remedy: 'give it as redis://host:6379/0, where the last number is the DB number',
    })
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  const port = Number(parsed.port || 6379)
  const user = decodeURIComponent(parsed.username) || username
  const secret = decodeURIComponent(parsed.password) || password
  return {
    text: `Redis database ${Number(database)} at ${parsed.hostname}:${port}`,
    options: {
      host,
      port,
      db: Number(database),
      ...(secret ? { password: secret, ...(user ? { username: user } : {}) } : {}),
      ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
    },
  }
}
