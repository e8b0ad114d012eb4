import type { Redis } from 'ioredis'
import type { MarkSupport } from '../../../core/contracts.ts'
import { messageOf } from '../../../core/errors.ts'
import { urlFor } from '../attach.ts'
import type { RedisLane } from '../options.ts'
import { numberOf, withClient } from './connection.ts'

export const marks: MarkSupport<RedisLane> = {
  async write(lane, mark) {
    await within(lane, (redis) => redis.set(keyOf(mark), '1'))
  },
  count: (lane, mark) => within(lane, (redis) => redis.exists(keyOf(mark))),
  async remove(lane, mark) {
    await within(lane, (redis) => redis.del(keyOf(mark)))
  },
  async intrude(lane, other) {
    const { username, password } = lane
    const read = (url: string, before: (redis: Redis) => Promise<unknown>) =>
      withClient(url, async (redis) => {
        await before(redis)
        if ((await numberOf(redis)) !== other.database) throw new Error('it stays in a number of its own')
        await redis.randomkey()
      }).then(
        () => undefined,
        (error: unknown) => messageOf(error),
      )
    const to = (database: number) => urlFor(other.url, { username, password, database })
    const refused = await read(to(0), (redis) => redis.select(other.database))
    // Where a client is that selects nothing.
    if (refused === undefined || other.database !== 0) return refused
    return read(to(0), async () => {})
  },
}

function keyOf(mark: string): string {
  return `isolane:mark:${mark}`
}

/** Never in another number: one that is refused is left only by an error that ioredis tells of later. */
function within<Result>(lane: RedisLane, work: (redis: Redis) => Promise<Result>): Promise<Result> {
  return withClient(lane.url, async (redis) => {
    const number = await numberOf(redis)
    if (number !== lane.database) throw new Error(`the connection is in DB ${number} instead of DB ${lane.database}`)
    return work(redis)
  })
}
