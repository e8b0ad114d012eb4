import { query, rows } from './rows.ts'

export interface Country {
  readonly code: string
  readonly name: string
  readonly region: string
  readonly subregion: string | null
  readonly capitals: readonly string[]
  readonly area: number | null
  readonly landlocked: boolean
}

const columns = 'code, name, region, subregion, capitals, area::float8 AS area, landlocked'

export async function findCountry(code: string): Promise<Country | undefined> {
  return (await query<Country>(`SELECT ${columns} FROM countries WHERE code = $1`, [code]))[0]
}

export async function countriesIn(region: string): Promise<Country[]> {
  return query<Country>(`SELECT ${columns} FROM countries WHERE region = $1 ORDER BY code`, [region])
}

/** Countries whose name or official name has words that begin as the given ones, in any order. */
export async function searchCountries(text: string): Promise<Country[]> {
  const prefixes = text.match(/[\p{L}\p{N}]+/gu) ?? []
  const pattern = prefixes.map((prefix) => `${prefix}:*`).join(' & ')
  return query<Country>(`SELECT ${columns} FROM countries WHERE words @@ to_tsquery('simple', $1) ORDER BY name`, [
    pattern,
  ])
}

export async function renameCountry(code: string, name: string): Promise<void> {
  const { rowCount } = await rows().query('UPDATE countries SET name = $2 WHERE code = $1', [code, name])
  if (rowCount === 0) throw new Error(`There is no country ${code}`)
}

/** Merges `from` into `into`: area, languages and currencies move; `from` is gone. */
export async function mergeCountries(from: string, into: string): Promise<void> {
  await query('SELECT merge_countries($1, $2)', [from, into])
}

/** Removes a country; the database refuses while a trip stops there. */
export async function removeCountry(code: string): Promise<boolean> {
  return (await rows().query('DELETE FROM countries WHERE code = $1', [code])).rowCount === 1
}
