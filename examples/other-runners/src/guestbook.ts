import { redis } from './redis.ts'

export async function sign(name: string): Promise<number> {
  return redis.rpush('guests', name)
}

export async function guests(): Promise<string[]> {
  return redis.lrange('guests', 0, -1)
}
