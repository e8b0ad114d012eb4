import type { Redis } from 'ioredis'
import { incomingChannel } from './channels.ts'
import type { Argument, Prefix } from './prefix.ts'

type Kind = 'subscribe' | 'psubscribe' | 'ssubscribe'

interface Subscribed {
  readonly channels: (kind: Kind) => readonly string[]
}

const ends: ReadonlyMap<string, Kind> = new Map([
  ['unsubscribe', 'subscribe'],
  ['punsubscribe', 'psubscribe'],
  ['sunsubscribe', 'ssubscribe'],
])

/**
 * `UNSUBSCRIBE` without channels ends all those of the connection, also those that are not of this namespace; so this
 * one's are named. Undefined: another command, or channels are named already.
 */
export function allSubscriptions(
  client: Redis,
  command: string,
  args: readonly Argument[],
  prefix: Prefix,
): readonly Argument[] | undefined {
  const kind = ends.get(command)
  if (!kind || args.length > 0) return undefined
  const subscriber = client.condition?.subscriber as Subscribed | false | undefined
  const channels = subscriber ? subscriber.channels(kind) : []
  const own = channels.filter((channel) => incomingChannel(channel, prefix) !== undefined)
  // One that nobody subscribed to, so that there is something to answer.
  return own.length > 0 ? own : [prefix.text]
}
