import { query, rows, transaction } from './rows.ts'

export interface RegionTotal {
  readonly region: string
  readonly countries: number
  readonly area: number
  readonly languages: number
}

/** What the last refresh saw. */
export async function regionTotals(): Promise<RegionTotal[]> {
  return query<RegionTotal>(
    'SELECT region, countries, area::float8 AS area, languages FROM region_totals ORDER BY region',
  )
}

export async function refreshRegionTotals(): Promise<void> {
  await rows().query('REFRESH MATERIALIZED VIEW CONCURRENTLY region_totals')
}

/** Distances between all capitals' countries, the slow report; gives up after `limit` milliseconds. */
export async function farthestPair(limit: number, repetitions = 1): Promise<readonly [string, string]> {
  return transaction(async (client) => {
    await client.query(`SELECT set_config('statement_timeout', $1, true)`, [`${limit}ms`])
    const { rows: found } = await client.query<{ one: string; other: string }>(
      `SELECT one.code AS one, other.code AS other
         FROM generate_series(1, $1::integer) AS repetition, countries AS one
         JOIN countries AS other ON one.code < other.code
        ORDER BY sin(radians(one.latitude)) * sin(radians(other.latitude))
               + cos(radians(one.latitude)) * cos(radians(other.latitude))
               * cos(radians(one.longitude - other.longitude)), one.code, other.code
        LIMIT 1`,
      [repetitions],
    )
    if (!found[0]) throw new Error('the atlas has fewer than two countries')
    return [found[0].one, found[0].other] as const
  })
}
