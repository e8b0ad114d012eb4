import { memory } from './memory.ts'
import { query } from './rows.ts'

/** Notes that someone looked at a country. */
export async function look(code: string, visitor: string): Promise<void> {
  await memory().multi().zincrby('looks', 1, code).pfadd('visitors', visitor).exec()
}

/** The countries most looked at, best first. */
export async function mostLookedAt(count: number): Promise<string[]> {
  return memory().zrevrange('looks', 0, count - 1)
}

export async function visitors(): Promise<number> {
  return memory().pfcount('visitors')
}

/** Builds the ranking anew, from the stops of all trips. */
export async function rankByTrips(): Promise<number> {
  const stops = await query<{ code: string; visits: number }>(
    'SELECT country_code AS code, count(*)::integer AS visits FROM stops GROUP BY 1',
  )
  const writing = memory().multi().del('looks')
  for (const { code, visits } of stops) writing.zadd('looks', visits, code)
  await writing.exec()
  return stops.length
}
