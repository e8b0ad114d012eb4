import { defineStack, redis } from 'isolane'

export default defineStack({
  presets: ['single-instance'],
  services: { redis: redis({ seed: { run: seedReserved, inputs: ['reserved.txt'] } }) },
})

/** Codes that nobody may take. */
async function seedReserved({ env }: { env: Readonly<Record<string, string>> }): Promise<void> {
  const { Redis } = await import('ioredis')
  const { readFile } = await import('node:fs/promises')
  const words = (await readFile(new URL('reserved.txt', import.meta.url), 'utf8')).trim().split('\n')
  const redis = new Redis(env.REDIS_URL ?? '')
  await redis.sadd('reserved', words)
  redis.disconnect()
}
