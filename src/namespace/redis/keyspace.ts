import type { Redis } from 'ioredis'
import { IsolaneError } from '../../core/errors.ts'
import { eventMethods } from './messages.ts'
import { Prefix } from './prefix.ts'
import { refused } from './refused.ts'
import { Sender, type SentCommand } from './sender.ts'

const namespaced = new WeakSet<object>()

/**
 * The same client, seeing one namespace only: every key and channel is `name:key` on the server, and `key` here. It shares
 * the connection of `redis`, which goes on without a namespace.
 *
 * Which arguments are keys, the server's own command table says; it is read with the first command. What can't be kept
 * within the namespace is refused and not sent: such a call rejects with `ISOLANE_QUERY_REFUSED`. `FLUSHDB`, `DBSIZE`,
 * `RANDOMKEY`, `KEYS` and `SCAN` answer for the namespace alone.
 *
 * A script is given its `KEYS` with the prefix; names of keys that it makes up itself are its own affair.
 * @param redis of ioredis; a single server or Sentinel, not a Cluster
 * @param name letters, digits, dots, dashes and underscores
 * @throws ISOLANE_OPTION_INVALID
 */
export function keyspace<Client extends Redis>(redis: Client, name: string): Client {
  const prefix = new Prefix(name)
  checkClient(redis)
  const sender = new Sender(redis, prefix)
  const own: Record<string, unknown> = {
    sendCommand: (command: SentCommand, pipeline?: object) => sender.send(command, pipeline),
    duplicate: (override?: object) => keyspace(redis.duplicate(override) as Redis, name),
    monitor: () => Promise.reject(refused('monitor', 'shows the commands of everyone on the server')),
    connect: redis.connect.bind(redis),
    disconnect: redis.disconnect.bind(redis),
    end: redis.end.bind(redis),
    // Commands gathered without being asked for must not get among those without a namespace.
    _autoPipelines: new Map(),
    _runningAutoPipelines: new Set(),
    ...eventMethods(redis, prefix, () => client),
  }
  const client: Client = new Proxy(redis, {
    get: (target, property, receiver) =>
      typeof property === 'string' && Object.hasOwn(own, property)
        ? own[property]
        : Reflect.get(target, property, receiver),
  })
  namespaced.add(client)
  return client
}

function checkClient(redis: Redis): void {
  const wrong = redis.isCluster
    ? 'a Cluster'
    : namespaced.has(redis)
      ? 'a client that has a namespace already'
      : undefined
  if (!wrong) return
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `keyspace() was given ${wrong}`,
    remedy: 'give it a client of ioredis for a single server',
  })
}
