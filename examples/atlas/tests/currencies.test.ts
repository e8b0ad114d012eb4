import { expect, test } from 'vitest'
import { importWorld } from '../src/import.ts'
import { adoptCurrency, countriesPayingWith, dropUnusedCurrencies } from '../src/money.ts'
import { number, query } from '../src/rows.ts'
import { readWorld } from '../src/world.ts'

test('the whole world adopts the euro, and every other currency is retired', async () => {
  await importWorld(await readWorld())
  expect(await countriesPayingWith('EUR')).toHaveLength(37)
  for (const { code } of await query<{ code: string }>('SELECT code FROM countries')) {
    await adoptCurrency(code, 'EUR')
    expect(await countriesPayingWith('EUR')).toContain(code)
  }
  expect(await countriesPayingWith('EUR')).toHaveLength(250)
  expect(await dropUnusedCurrencies()).toHaveLength(161)
  expect(await number('SELECT count(*) FROM currencies')).toBe(1)
})

test('a currency that does not exist is not adopted, and the old one stays', async () => {
  await importWorld(await readWorld())
  for (const { code } of await query<{ code: string }>('SELECT code FROM countries')) {
    await expect(adoptCurrency(code, 'XXX')).rejects.toThrow(/foreign key/)
    expect(await number('SELECT count(*) FROM country_currencies')).toBe(275)
  }
  expect(await countriesPayingWith('CHF')).toEqual(['CHE', 'LIE'])
})
