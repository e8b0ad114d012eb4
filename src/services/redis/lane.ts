import { type Endpoint, nowhereHost } from '../../core/contracts.ts'
import { urlFor } from './attach.ts'
import type { RedisLane } from './options.ts'

export interface LaneParts {
  readonly endpoint: Endpoint
  readonly username: string
  readonly password: string
  readonly database: number
  readonly server: string
  readonly version: string
}

export function makeLane({ endpoint, ...parts }: LaneParts): RedisLane {
  const { host } = endpoint
  const port = endpoint.ports.redis ?? 6379
  const server = endpoint.url ?? `redis://${host.includes(':') ? `[${host}]` : host}:${port}`
  return { url: urlFor(server, parts), host, port, ...parts }
}

export const nowhere: RedisLane = makeLane({
  endpoint: { host: nowhereHost, ports: { redis: 1 }, credentials: { username: '', password: '' } },
  username: 'nobody',
  password: 'none',
  database: 0,
  server: 'valkey',
  version: '',
})

export function env(lane: RedisLane): Record<string, string> {
  return {
    REDIS_URL: lane.url,
    REDIS_HOST: lane.host,
    REDIS_PORT: String(lane.port),
    REDIS_DB: String(lane.database),
    REDIS_USERNAME: lane.username,
    REDIS_PASSWORD: lane.password,
  }
}
