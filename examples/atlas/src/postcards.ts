import { memory, waitingMemory } from './memory.ts'

export interface Postcard {
  readonly to: string
  readonly from: string
  readonly text: string
}

/** Puts a postcard into the one letterbox. */
export async function post(card: Postcard): Promise<void> {
  await memory().rpush('letterbox', JSON.stringify(card))
}

/** Takes the oldest postcard out, waiting up to `patience` milliseconds for one. */
export async function collect(patience: number): Promise<Postcard | undefined> {
  const taken = await waitingMemory().blpop('letterbox', patience / 1_000)
  return taken ? (JSON.parse(taken[1]) as Postcard) : undefined
}

export async function waitingPostcards(): Promise<number> {
  return memory().llen('letterbox')
}
