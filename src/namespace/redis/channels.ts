import type { Argument, Prefix } from './prefix.ts'
import { refused } from './refused.ts'

/**
 * The server's own notifications go by fixed names: `__keyspace@0__:key`, where the prefix belongs to the key, and
 * `__keyevent@0__:event`, which tells of all keys, and the key is the message.
 */
const ofKey = /^(__keyspace@[^:]*__:)(.*)$/s
const ofEvent = /^__keyevent@[^:]*__:/

/** The channel or pattern to subscribe to. @throws ISOLANE_QUERY_REFUSED */
export function outgoingChannel(command: string, channel: Argument, prefix: Prefix): Argument {
  const name = binary(channel)
  if (!name.startsWith('__key')) return prefix.add(channel)
  if (ofEvent.test(name)) return channel
  const [, start, key] = ofKey.exec(name) ?? []
  if (start !== undefined && key !== undefined) return Buffer.from(start + prefix.text + key, 'latin1')
  throw refused(
    command,
    `can't tell whose keys "${channel}" is about`,
    'name one kind in full: `__keyspace@0__:` and a key, or `__keyevent@0__:` and an event',
  )
}

/** The channel to publish to; the server's notifications are the server's to send. @throws ISOLANE_QUERY_REFUSED */
export function publishedChannel(command: string, channel: Argument, prefix: Prefix): Argument {
  if (!binary(channel).startsWith('__key')) return prefix.add(channel)
  throw refused(command, `would pass for a notification of the server on "${channel}"`, 'choose another channel')
}

/** A channel as its subscriber named it. Undefined: not one of this namespace. */
export function incomingChannel<Name extends Argument>(channel: Name, prefix: Prefix): Name | undefined {
  const name = binary(channel)
  if (ofEvent.test(name)) return channel
  const [, start, key] = ofKey.exec(name) ?? []
  if (start === undefined || key === undefined) return prefix.owns(channel) ? prefix.strip(channel) : undefined
  return key.startsWith(prefix.text) ? like(channel, start + key.slice(prefix.text.length)) : undefined
}

/** The message of an event is a key. Undefined: not one of this namespace. */
export function incomingMessage<Message extends Argument>(
  channel: Argument,
  message: Message,
  prefix: Prefix,
): Message | undefined {
  if (!ofEvent.test(binary(channel))) return message
  return prefix.owns(message) ? prefix.strip(message) : undefined
}

/** One character for each byte, so that nothing gets lost on the way. */
function binary(channel: Argument): string {
  return Buffer.from(channel).toString('latin1')
}

function like<Name extends Argument>(channel: Name, text: string): Name {
  const bytes = Buffer.from(text, 'latin1')
  return (typeof channel === 'string' ? bytes.toString() : bytes) as Name
}
