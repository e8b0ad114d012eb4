import { redis } from './redis.ts'

/** @throws when the code is reserved or taken */
export async function shorten(url: string, code: string): Promise<void> {
  if (await redis.sismember('reserved', code)) throw new Error(`${code} is reserved`)
  if ((await redis.setnx(`link:${code}`, url)) === 0) throw new Error(`${code} is taken`)
}

export async function follow(code: string): Promise<string | null> {
  await redis.hincrby('visits', code, 1)
  return redis.get(`link:${code}`)
}

export async function visits(code: string): Promise<number> {
  return Number(await redis.hget('visits', code))
}
