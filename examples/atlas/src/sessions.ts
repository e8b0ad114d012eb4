import { randomUUID } from 'node:crypto'
import { memory } from './memory.ts'

/** Opens a session that ends after `lifetime` milliseconds without use. */
export async function openSession(traveller: number, lifetime: number): Promise<string> {
  const token = randomUUID()
  await memory().set(`session:${token}`, JSON.stringify({ traveller, lifetime }), 'PX', lifetime)
  return token
}

/** Whose session this is; using it makes it last again. */
export async function useSession(token: string): Promise<number | undefined> {
  const text = await memory().get(`session:${token}`)
  if (text === null) return undefined
  const { traveller, lifetime } = JSON.parse(text) as { traveller: number; lifetime: number }
  await memory().pexpire(`session:${token}`, lifetime)
  return traveller
}

/** How many sessions are open, over all travellers. */
export async function openSessions(): Promise<number> {
  let count = 0
  for await (const keys of memory().scanStream({ match: 'session:*', count: 1_000 })) count += (keys as string[]).length
  return count
}
