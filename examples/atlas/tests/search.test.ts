import { expect, test } from 'vitest'
import { findCountry, renameCountry, searchCountries } from '../src/countries.ts'
import { number, query } from '../src/rows.ts'

async function names(text: string): Promise<string[]> {
  return (await searchCountries(text)).map((country) => country.name)
}

test('words find names, by their beginnings and in any order', async () => {
  expect(await names('guinea')).toEqual(['Equatorial Guinea', 'Guinea', 'Guinea-Bissau', 'Papua New Guinea'])
  expect(await names('new pap')).toEqual(['Papua New Guinea'])
  expect(await names('atlantis')).toEqual([])
})

test('every country is found by its names, even backwards', async () => {
  const all = await query<{ name: string; official: string }>('SELECT name, official_name AS official FROM countries')
  for (const { name, official } of all) {
    expect(await names(name)).toContain(name)
    expect(await names(official)).toContain(name)
    expect(await number('SELECT count(*) FROM countries')).toBe(250)
    expect(await names(official.split(' ').reverse().join(' '))).toContain(name)
  }
})

test('after a renaming, the new name is found and the old one is not', async () => {
  await renameCountry('CIV', 'Elephantia')
  expect(await names('elephant')).toEqual(['Elephantia'])
  expect(await names('ivory')).toEqual([])
  for (const code of ['AUT', 'BEL', 'CZE', 'DNK', 'EST', 'FIN', 'GRC', 'HUN']) await renameCountry(code, `New ${code}`)
  expect(await findCountry('CZE')).toMatchObject({ name: 'New CZE' })
  expect((await names('new')).filter((name) => /^New [A-Z]{3}$/.test(name))).toHaveLength(8)
  await expect(renameCountry('XXX', 'Nowhere')).rejects.toThrow('There is no country XXX')
})
