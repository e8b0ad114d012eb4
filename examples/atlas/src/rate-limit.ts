import { memory } from './memory.ts'

/** Whether the whole atlas may answer one more request: at most `most` within `window` milliseconds. */
export async function mayAsk(most: number, window: number): Promise<boolean> {
  const results = await memory().multi().set('requests', 0, 'PX', window, 'NX').incr('requests').exec()
  return Number(results?.[1]?.[1]) <= most
}
