import { memory, waitingMemory } from './memory.ts'

export interface Bulletin {
  readonly id: string
  readonly text: string
}

/** Adds a bulletin to the one stream of news; returns its place in it. */
export async function publish(text: string): Promise<string> {
  return (await memory().xadd('bulletins', '*', 'text', text)) ?? ''
}

/** Bulletins after the given place, waiting up to `patience` milliseconds for the first. */
export async function bulletinsAfter(place: string, patience: number): Promise<Bulletin[]> {
  const streams = await waitingMemory().xread('COUNT', 1_000, 'BLOCK', patience, 'STREAMS', 'bulletins', place)
  return (streams?.[0]?.[1] ?? []).map(([id, fields]) => ({ id, text: fields?.[1] ?? '' }))
}

export async function dropAllBulletins(): Promise<void> {
  await memory().del('bulletins')
}
