import { redis } from './redis.ts'

/** Only a player's best result counts. */
export async function record(player: string, points: number): Promise<void> {
  await redis.zadd('scores', 'GT', points, player)
}

export async function best(count: number): Promise<string[]> {
  return redis.zrevrange('scores', 0, count - 1)
}

export async function rank(player: string): Promise<number | undefined> {
  const place = await redis.zrevrank('scores', player)
  return place === null ? undefined : place + 1
}
