import { Redis } from 'ioredis'
import { opened, required } from './connections.ts'

/** Redis, at `REDIS_URL`. */
export const memory = opened(
  () => new Redis(required('REDIS_URL')),
  (redis) => redis.quit(),
)

/** A second connection, for commands that wait. */
export const waitingMemory = opened(
  () => new Redis(required('REDIS_URL')),
  (redis) => redis.quit(),
)
