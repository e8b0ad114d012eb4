import { memory } from './memory.ts'
import { query } from './rows.ts'

/** Rebuilds the index of names for suggestions while typing. */
export async function indexNames(): Promise<number> {
  const countries = await query<{ code: string; name: string }>('SELECT code, name FROM countries')
  const writing = memory().multi().del('names')
  for (const { code, name } of countries) writing.zadd('names', 0, `${name.toLowerCase()}\0${name}\0${code}`)
  await writing.exec()
  return memory().zcard('names')
}

/** Names that begin like this, in alphabetical order. */
export async function suggest(beginning: string, most = 5): Promise<string[]> {
  const low = beginning.toLowerCase()
  const found = await memory().zrange('names', `[${low}`, `[${low}\uffff`, 'BYLEX', 'LIMIT', 0, most)
  return found.map((entry) => entry.split('\0')[1] ?? '')
}
