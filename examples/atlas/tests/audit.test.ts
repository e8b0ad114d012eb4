import { expect, test } from 'vitest'
import { allChanges } from '../src/changes.ts'
import { countriesIn, removeCountry, renameCountry } from '../src/countries.ts'
import { importWorld } from '../src/import.ts'
import { rows } from '../src/rows.ts'
import { readWorld } from '../src/world.ts'

test('every change of a country is on record, in order, and nothing else', async () => {
  await importWorld(await readWorld())
  await rows().query('TRUNCATE country_changes RESTART IDENTITY')
  const europe = await countriesIn('Europe')
  for (const { code, name } of europe) await renameCountry(code, `${name} (old)`)
  for (const { code } of europe) await removeCountry(code)

  const changes = await allChanges()
  expect(changes).toHaveLength(106)
  expect(changes.slice(0, 53).map(({ country_code }) => country_code)).toEqual(europe.map(({ code }) => code))
  expect(changes[0]).toMatchObject({
    change: 'update',
    before: { name: europe[0]?.name },
    after: { name: `${europe[0]?.name} (old)` },
  })
  expect(changes.slice(53).every(({ change, after }) => change === 'delete' && after === null)).toBe(true)
})

test('an import is not news', async () => {
  await rows().query('TRUNCATE country_changes RESTART IDENTITY')
  for (let round = 1; round <= 8; round += 1) await importWorld(await readWorld())
  expect(await allChanges()).toEqual([])
})
