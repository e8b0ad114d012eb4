import { expect, test } from 'vitest'
import { removeCountry } from '../src/countries.ts'
import { importWorld } from '../src/import.ts'
import { memory } from '../src/memory.ts'
import { indexNames, suggest } from '../src/suggestions.ts'
import { readWorld } from '../src/world.ts'

test('suggestions for each letter typed', async () => {
  await importWorld(await readWorld())
  expect(await indexNames()).toBe(250)
  expect(await suggest('Mal')).toEqual(['Malawi', 'Malaysia', 'Maldives', 'Mali', 'Malta'])
  expect(await suggest('swi')).toEqual(['Switzerland'])
  for (const { name } of await readWorld()) {
    for (const length of [1, 2, 3, name.common.length]) {
      expect(await suggest(name.common.slice(0, length), 250)).toContain(name.common)
    }
  }
})

test('the index follows the catalogue when it is rebuilt', async () => {
  await importWorld(await readWorld())
  for (const [index, code] of ['MWI', 'MYS', 'MDV', 'MLI', 'MLT'].entries()) {
    await removeCountry(code)
    expect(await indexNames()).toBe(250 - index - 1)
  }
  expect(await suggest('Mal')).toEqual([])
  expect(await memory().zcard('names')).toBe(245)
})
