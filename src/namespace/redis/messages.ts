import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { incomingChannel, incomingMessage } from './channels.ts'
import type { Argument, Prefix } from './prefix.ts'

const messageEvents: ReadonlySet<string | symbol> = new Set([
  ...['message', 'pmessage', 'smessage'],
  ...['messageBuffer', 'pmessageBuffer', 'smessageBuffer'],
])

/** The emitter's methods that name an event first. */
const methods = [
  ...['on', 'once', 'off', 'addListener', 'removeListener', 'prependListener', 'prependOnceListener'],
  ...['emit', 'listeners', 'rawListeners', 'listenerCount', 'removeAllListeners'],
] as const

type Method = (event?: string | symbol, ...args: unknown[]) => unknown

/**
 * The emitter's methods for a namespace's client: its messages are an emitter of their own, which hears of the
 * namespace's channels alone and by their short names; all other events are the client's.
 */
export function eventMethods(client: Redis, prefix: Prefix, self: () => Redis): Record<string, Method> {
  const messages = new EventEmitter()
  const followed = new Set<string | symbol>()
  const follow = (event: string | symbol) => {
    if (followed.has(event)) return
    followed.add(event)
    client.on(event, (...args: Argument[]) => {
      const own = ownMessage(String(event).startsWith('p'), args, prefix)
      if (own) messages.emit(event, ...own)
    })
  }
  messages.on('newListener', follow)
  const method = (name: (typeof methods)[number]): Method => {
    return (event, ...args) => {
      const emitter = event !== undefined && messageEvents.has(event) ? messages : client
      const result = (emitter[name] as Method).call(emitter, ...(event === undefined ? [] : [event]), ...args)
      return result === emitter ? self() : result
    }
  }
  return Object.fromEntries(methods.map((name) => [name, method(name)]))
}

/** `[channel, message]` or `[pattern, channel, message]` with their short names; undefined: not of this namespace. */
function ownMessage(byPattern: boolean, args: readonly Argument[], prefix: Prefix): Argument[] | undefined {
  const [pattern, channel, message] = byPattern ? args : [undefined, ...args]
  if (channel === undefined || message === undefined) return undefined
  const names = (pattern === undefined ? [channel] : [pattern, channel]).map((name) => incomingChannel(name, prefix))
  const own = [...names, incomingMessage(channel, message, prefix)]
  return own.every((part) => part !== undefined) ? own : undefined
}
