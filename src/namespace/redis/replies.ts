import type { Prefix } from './prefix.ts'

/** Takes the prefix off the names in a reply as it came from the server: strings are Buffers there. */
export type ReplyChange = (reply: unknown) => unknown

type Shape = (reply: unknown, prefix: Prefix) => unknown

const all: Shape = (reply, prefix) => (Array.isArray(reply) ? reply.map((key) => prefix.strip(key)) : reply)

/** `[key, …]`, or nothing. */
const first: Shape = (reply, prefix) => (Array.isArray(reply) ? reply.with(0, prefix.strip(reply[0])) : reply)

const scanned: Shape = (reply, prefix) => (Array.isArray(reply) ? reply.with(1, all(reply[1], prefix)) : reply)

/** A map: pairs in RESP2, a flat list or an object in RESP3, as the client's options say. */
const byName: Shape = (reply, prefix) => {
  if (!Array.isArray(reply)) return isObject(reply) ? objectByName(reply, prefix) : reply
  if (Array.isArray(reply[0])) return reply.map((pair) => first(pair, prefix))
  return reply.map((value, at) => (at % 2 === 0 ? prefix.strip(value) : value))
}

function objectByName(reply: object, prefix: Prefix): object {
  return Object.fromEntries(Object.entries(reply).map(([key, value]) => [prefix.strip(key), value]))
}

function isObject(reply: unknown): reply is object {
  return typeof reply === 'object' && reply !== null && !Buffer.isBuffer(reply) && !(reply instanceof Error)
}

const shapes: ReadonlyMap<string, Shape> = new Map([
  ['keys', all],
  ['scan', scanned],
  ['randomkey', (reply, prefix) => prefix.strip(reply)],
  ['blpop', first],
  ['brpop', first],
  ['bzpopmin', first],
  ['bzpopmax', first],
  ['lmpop', first],
  ['blmpop', first],
  ['zmpop', first],
  ['bzmpop', first],
  ['xread', byName],
  ['xreadgroup', byName],
  ['pubsub|channels', all],
  ['pubsub|shardchannels', all],
  ['pubsub|numsub', byName],
  ['pubsub|shardnumsub', byName],
])

/** Undefined where a command's reply names no keys. */
export function replyChange(command: string, prefix: Prefix): ReplyChange | undefined {
  const shape = shapes.get(command)
  return shape && ((reply) => shape(reply, prefix))
}
