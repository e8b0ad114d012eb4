import { eraseCountry } from './borders.ts'
import { invalidate } from './cache.ts'
import { removeCountry } from './countries.ts'
import { hasGraph } from './graph.ts'
import { memory } from './memory.ts'

/** Removes a country everywhere: its rows, its place in the graph, and what memory knows of it. */
export async function dissolve(code: string): Promise<boolean> {
  const removed = await removeCountry(code)
  if (!removed) return false
  if (hasGraph()) await eraseCountry(code)
  await invalidate(`country:${code}`)
  await memory().zrem('looks', code)
  return true
}
