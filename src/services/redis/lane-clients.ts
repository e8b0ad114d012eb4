import { once } from 'node:events'
import type { Redis } from 'ioredis'
import type { ClientSupport } from '../../core/client-support.ts'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import { loadClient } from './load-client.ts'
import type { RedisLane } from './options.ts'

export interface RedisClients {
  /**
   * A new client of ioredis, connected to the lane. It is closed after the test, or with what else the lane was asked from.
   * @throws ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE, ISOLANE_SERVER_UNREACHABLE
   */
  client(): Promise<Redis>
}

/** Names of keys that are told. */
const examples = 3

export const redisClients: ClientSupport<RedisLane, RedisClients> = {
  methods: (endpoint, opened) => ({
    async client() {
      const redis = await connect(endpoint)
      opened({ close: () => close(redis) })
      return redis
    },
  }),
  async contents(endpoint) {
    const redis = await connect(endpoint)
    try {
      const count = await redis.dbsize()
      if (count === 0) return []
      const names = await someKeys(redis)
      const more = count > names.length ? ', …' : ''
      return [`${count} ${count === 1 ? 'key' : 'keys'} (${names.join(', ')}${more})`]
    } finally {
      await close(redis)
    }
  },
}

async function connect({ url, host, port }: RedisLane): Promise<Redis> {
  const client = await loadClient()
  const redis = new client(url, { lazyConnect: true })
  // Commands fail by themselves; without a listener their failures would stand on the console as well. Of a connection
  // that can't be made only this tells why.
  let reason: unknown
  redis.on('error', (error) => {
    reason ??= error
  })
  try {
    await redis.connect()
    return redis
  } catch (error) {
    redis.disconnect()
    throw new IsolaneError({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: `The lane's Redis at ${host}:${port} does not answer (${messageOf(reason ?? error)})`,
      remedy: 'see whether the server runs (`isolane status`), and what it logged',
      cause: new Error(messageOf(reason ?? error)),
    })
  }
}

async function someKeys(redis: Redis): Promise<string[]> {
  const names = new Set<string>()
  let cursor = '0'
  do {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 100)
    for (const key of keys) names.add(key)
    cursor = next
  } while (cursor !== '0' && names.size < examples)
  return [...names].sort().slice(0, examples)
}

/** Without waiting for commands: one that blocks would never come back. */
async function close(redis: Redis): Promise<void> {
  if (redis.status === 'end') return
  const ended = once(redis, 'end')
  redis.disconnect()
  await ended
}
