import { cached, defaultLifetime, invalidate } from './cache.ts'
import { findCountry, renameCountry } from './countries.ts'
import { query } from './rows.ts'

export interface FactSheet {
  readonly name: string
  readonly capitals: readonly string[]
  readonly languages: readonly string[]
  readonly currencies: readonly string[]
}

/** All that fits on a card about a country; computed from rows, kept in memory. */
export async function factSheet(code: string, lifetime = defaultLifetime): Promise<FactSheet | null> {
  return cached(`facts:${code}`, [`country:${code}`], () => compute(code), lifetime)
}

/** Renames a country and forgets what memory knows of it. */
export async function renameAndForget(code: string, name: string): Promise<void> {
  await renameCountry(code, name)
  await invalidate(`country:${code}`)
}

async function compute(code: string): Promise<FactSheet | null> {
  const country = await findCountry(code)
  if (!country) return null
  const [languages, currencies] = await Promise.all([
    query<{ name: string }>(
      'SELECT name FROM languages JOIN country_languages ON language_code = code WHERE country_code = $1 ORDER BY name',
      [code],
    ),
    query<{ name: string }>(
      'SELECT name FROM currencies JOIN country_currencies ON currency_code = code WHERE country_code = $1 ORDER BY name',
      [code],
    ),
  ])
  return {
    name: country.name,
    capitals: country.capitals,
    languages: languages.map(({ name }) => name),
    currencies: currencies.map(({ name }) => name),
  }
}
