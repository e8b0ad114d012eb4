import { expect, test } from 'vitest'
import { findCountry, mergeCountries } from '../src/countries.ts'
import { number, query } from '../src/rows.ts'

test('two countries become one', async () => {
  await mergeCountries('BEL', 'NLD')
  expect(await findCountry('BEL')).toBeUndefined()
  expect(await findCountry('NLD')).toMatchObject({ area: 41850 + 30528 })
  const spoken = await query<{ code: string }>(
    `SELECT language_code AS code FROM country_languages WHERE country_code = 'NLD' ORDER BY 1`,
  )
  expect(spoken.map(({ code }) => code)).toEqual(['deu', 'fra', 'nld'])
})

test('Africa unites', async () => {
  const others = await query<{ code: string; area: number }>(
    `SELECT code, area::float8 FROM countries WHERE region = 'Africa' AND code <> 'EGY' ORDER BY code`,
  )
  const area = await number(`SELECT sum(area) FROM countries WHERE region = 'Africa'`)
  for (const [index, { code }] of others.entries()) {
    await mergeCountries(code, 'EGY')
    expect(await number(`SELECT count(*) FROM countries WHERE region = 'Africa'`)).toBe(59 - index - 1)
    expect(await number(`SELECT sum(area) FROM countries WHERE region = 'Africa'`)).toBe(area)
  }
  expect(await number(`SELECT count(*) FROM countries WHERE region = 'Africa'`)).toBe(1)
  expect(await number(`SELECT area FROM countries WHERE code = 'EGY'`)).toBe(area)
  expect(await number(`SELECT count(*) FROM country_languages WHERE country_code = 'EGY'`)).toBe(47)
})

test('a merger into nowhere changes nothing', async () => {
  await expect(mergeCountries('BRA', 'XXX')).rejects.toThrow()
  expect(await findCountry('BRA')).toMatchObject({ name: 'Brazil' })
})
