import { beforeEach, expect, test } from 'vitest'
import { countriesIn, findCountry, removeCountry } from '../src/countries.ts'
import { importWorld } from '../src/import.ts'
import { number } from '../src/rows.ts'
import { readWorld } from '../src/world.ts'

const regions = { Africa: 59, Americas: 56, Antarctic: 5, Asia: 50, Europe: 53, Oceania: 27 }

beforeEach(async () => importWorld(await readWorld()))

test('the catalogue holds the whole world, and each country can be read', async () => {
  expect(await number('SELECT count(*) FROM countries')).toBe(250)
  for (const [region, size] of Object.entries(regions)) {
    const countries = await countriesIn(region)
    expect(countries).toHaveLength(size)
    for (const { code } of countries) {
      expect(await findCountry(code)).toMatchObject({ code, region })
      expect(await number('SELECT count(*) FROM country_languages WHERE country_code = $1', [code])).toBeLessThan(16)
      expect(await number('SELECT count(*) FROM country_currencies WHERE country_code = $1', [code])).toBeLessThan(10)
    }
  }
})

test('a region that melts away takes its countries along and no other', async () => {
  const before = await number('SELECT count(*) FROM countries')
  for (const { code } of await countriesIn('Antarctic')) expect(await removeCountry(code)).toBe(true)
  expect(await countriesIn('Antarctic')).toEqual([])
  expect(await number('SELECT count(*) FROM countries')).toBe(before - 5)
  expect(await number('SELECT count(*) FROM country_currencies WHERE country_code = $1', ['ATF'])).toBe(0)
})
