import { query } from './rows.ts'

export interface Speakers {
  readonly code: string
  readonly countries: number
}

/** Languages by the number of countries where they are official. */
export async function mostSpoken(count: number): Promise<Speakers[]> {
  return query<Speakers>(
    `SELECT language_code AS code, count(*)::integer AS countries FROM country_languages
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $1`,
    [count],
  )
}

/** Languages that only one country has. */
export async function onlyAtHome(): Promise<string[]> {
  const found = await query<{ code: string }>(
    'SELECT language_code AS code FROM country_languages GROUP BY 1 HAVING count(*) = 1 ORDER BY 1',
  )
  return found.map((row) => row.code)
}

/** The registry gives a language another code; every country follows. */
export async function recodeLanguage(from: string, to: string): Promise<void> {
  await query('UPDATE languages SET code = $2 WHERE code = $1', [from, to])
}

/** A language is no longer official anywhere. */
export async function retireLanguage(code: string): Promise<void> {
  await query('DELETE FROM country_languages WHERE language_code = $1', [code])
  await query('DELETE FROM languages WHERE code = $1', [code])
}
