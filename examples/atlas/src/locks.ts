import { randomUUID } from 'node:crypto'
import { memory } from './memory.ts'

/** Takes the editor's lock on a country for `lifetime` milliseconds; `undefined` when someone else has it. */
export async function lockForEditing(code: string, lifetime: number): Promise<string | undefined> {
  const token = randomUUID()
  return (await memory().set(`lock:${code}`, token, 'PX', lifetime, 'NX')) === 'OK' ? token : undefined
}

/** Gives the lock back, unless it has run out and is someone else's by now. */
export async function unlock(code: string, token: string): Promise<boolean> {
  const script = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`
  return (await memory().eval(script, 1, `lock:${code}`, token)) === 1
}
