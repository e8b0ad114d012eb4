import { query, transaction } from './rows.ts'

export async function countriesPayingWith(currency: string): Promise<string[]> {
  const found = await query<{ country_code: string }>(
    'SELECT country_code FROM country_currencies WHERE currency_code = $1 ORDER BY country_code',
    [currency],
  )
  return found.map((row) => row.country_code)
}

/** The country gives up its currencies for another one, as Croatia did for the euro. */
export async function adoptCurrency(country: string, currency: string): Promise<void> {
  await transaction(async (client) => {
    await client.query('DELETE FROM country_currencies WHERE country_code = $1', [country])
    await client.query('INSERT INTO country_currencies VALUES ($1, $2)', [country, currency])
  })
}

/** Removes the currencies nobody pays with, and returns their codes. */
export async function dropUnusedCurrencies(): Promise<string[]> {
  const dropped = await query<{ code: string }>(
    `DELETE FROM currencies
      WHERE NOT EXISTS (SELECT FROM country_currencies WHERE currency_code = code) RETURNING code`,
  )
  return dropped.map((row) => row.code).sort()
}
