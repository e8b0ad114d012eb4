import { beforeEach, expect, test } from 'vitest'
import { countriesIn, removeCountry } from '../src/countries.ts'
import { importWorld } from '../src/import.ts'
import { refreshRegionTotals, regionTotals } from '../src/reports.ts'
import { readWorld } from '../src/world.ts'

beforeEach(async () => importWorld(await readWorld()))

test('the report shows the world as of its last refresh', async () => {
  const before = await regionTotals()
  expect(before.map(({ region, countries }) => [region, countries])).toEqual([
    ['Africa', 59],
    ['Americas', 56],
    ['Antarctic', 5],
    ['Asia', 50],
    ['Europe', 53],
    ['Oceania', 27],
  ])
  for (const { code } of await countriesIn('Oceania')) await removeCountry(code)
  expect(await regionTotals()).toEqual(before)
  await refreshRegionTotals()
  expect(await regionTotals()).toEqual(before.filter(({ region }) => region !== 'Oceania'))
})

test('each refresh follows one more change', async () => {
  const asia = await countriesIn('Asia')
  for (const [index, { code }] of asia.slice(0, 49).entries()) {
    await removeCountry(code)
    await refreshRegionTotals()
    const total = (await regionTotals()).find(({ region }) => region === 'Asia')
    expect(total?.countries).toBe(50 - index - 1)
  }
})
