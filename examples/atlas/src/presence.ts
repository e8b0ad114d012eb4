import { memory } from './memory.ts'

/** A traveller is in a country, and says so again before `lifetime` milliseconds are over. */
export async function arrive(code: string, traveller: string, lifetime: number): Promise<void> {
  await memory().set(`present:${code}:${traveller}`, 1, 'PX', lifetime)
}

/** Who is there at the moment. */
export async function present(code: string): Promise<string[]> {
  const keys = await memory().keys(`present:${code}:*`)
  return keys.map((key) => key.split(':')[2] ?? '').sort()
}

export async function presentAnywhere(): Promise<number> {
  return (await memory().keys('present:*')).length
}
