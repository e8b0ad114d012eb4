import type { Redis } from 'ioredis'
import { messageOf } from '../../../core/errors.ts'
import { loadClient } from '../load-client.ts'

/** How long an answer may take, in milliseconds. */
const patience = 5_000

/**
 * A client as programs have it, for one thing to do.
 * @throws what the server, or the way to it, says first
 */
export async function withClient<Result>(url: string, work: (redis: Redis) => Promise<Result>): Promise<Result> {
  const client = await loadClient()
  const redis = new client(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    connectTimeout: patience,
    commandTimeout: patience,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let reason: unknown
  redis.on('error', (error) => {
    reason ??= error
  })
  try {
    await redis.connect()
    return await work(redis)
  } catch (error) {
    // ioredis hangs the whole command on its errors, with passwords in it: only the text is kept.
    throw new Error(messageOf(reason ?? error).split('\n')[0])
  } finally {
    redis.disconnect()
  }
}

/** The number that a client is in: one whose number the server refuses goes on in another. */
export async function numberOf(redis: Redis): Promise<number> {
  return Number(/\bdb=(\d+)/.exec(String(await redis.call('CLIENT', 'INFO')))?.[1])
}
