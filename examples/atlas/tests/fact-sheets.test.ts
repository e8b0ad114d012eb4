import { beforeEach, expect, test } from 'vitest'
import { forgetEverything } from '../src/cache.ts'
import { factSheet, renameAndForget } from '../src/fact-sheets.ts'
import { importWorld } from '../src/import.ts'
import { memory } from '../src/memory.ts'
import { query } from '../src/rows.ts'
import { readWorld } from '../src/world.ts'

beforeEach(async () => {
  await forgetEverything()
  await importWorld(await readWorld())
})

test('a fact sheet for each country, kept in memory', async () => {
  expect(await factSheet('CHE')).toEqual({
    name: 'Switzerland',
    capitals: ['Bern'],
    languages: ['French', 'Italian', 'Romansh', 'Swiss German'],
    currencies: ['Swiss franc'],
  })
  expect(await factSheet('XXX')).toBeNull()
  for (const { code } of await query<{ code: string }>('SELECT code FROM countries')) await factSheet(code)
  expect(await memory().dbsize()).toBe(2 * 251)
})

test('a change is seen at once', async () => {
  for (let round = 1; round <= 50; round += 1) {
    await renameAndForget('CHE', `Confederation ${round}`)
    expect(await factSheet('CHE')).toMatchObject({ name: `Confederation ${round}` })
  }
})
