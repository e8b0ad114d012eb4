import { expect, test } from 'vitest'
import { findCountry, removeCountry } from '../src/countries.ts'
import { number, query } from '../src/rows.ts'
import { planTrip } from '../src/trips.ts'
import { registerMany } from './support/travellers.ts'

test('every country without a visitor can go, and leaves nothing behind', async () => {
  const codes = await query<{ code: string }>(`SELECT code FROM countries WHERE region <> 'Oceania'`)
  for (const [index, { code }] of codes.entries()) {
    expect(await removeCountry(code)).toBe(true)
    expect(await number('SELECT count(*) FROM countries')).toBe(250 - index - 1)
  }
  expect(await number(`SELECT count(*) FROM countries`)).toBe(27)
  expect(await number('SELECT count(*) FROM country_languages JOIN countries ON code = country_code')).toBe(
    await number('SELECT count(*) FROM country_languages'),
  )
})

test('a country where a trip stops stays', async () => {
  const [traveller] = await registerMany(1)
  for (let year = 2001; year <= 2120; year += 1) {
    await planTrip({
      traveller: traveller?.id ?? 0,
      title: `Samoa in ${year}`,
      from: `${year}-01-01`,
      to: `${year}-01-09`,
      stops: ['WSM', 'TON', 'FJI'],
    })
  }
  await expect(removeCountry('TON')).rejects.toThrow(/foreign key/)
  expect(await findCountry('TON')).toBeDefined()
  expect(await number('SELECT count(*) FROM stops')).toBe(360)
})
