import { Redis } from 'ioredis'

export const redis = new Redis(process.env.REDIS_URL ?? '')

/** What `make` came to the last time, as long as nobody has called {@link forget}. */
export async function cached<Value>(key: string, make: () => Promise<Value>): Promise<Value> {
  const known = await redis.get(`cache:${key}`)
  if (known !== null) return JSON.parse(known) as Value
  const made = await make()
  await redis.set(`cache:${key}`, JSON.stringify(made))
  return made
}

export async function forget(): Promise<void> {
  await redis.flushdb()
}
