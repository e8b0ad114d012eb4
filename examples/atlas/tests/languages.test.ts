import { beforeEach, expect, test } from 'vitest'
import { importWorld } from '../src/import.ts'
import { mostSpoken, onlyAtHome, recodeLanguage, retireLanguage } from '../src/languages.ts'
import { number } from '../src/rows.ts'
import { readWorld } from '../src/world.ts'

beforeEach(async () => importWorld(await readWorld()))

test('the most spoken languages', async () => {
  expect(await mostSpoken(3)).toEqual([
    { code: 'eng', countries: 91 },
    { code: 'fra', countries: 46 },
    { code: 'ara', countries: 25 },
  ])
})

test('languages of one country die out one by one', async () => {
  const dying = await onlyAtHome()
  expect(dying).toHaveLength(111)
  for (const [index, code] of dying.entries()) {
    await retireLanguage(code)
    expect(await number('SELECT count(*) FROM languages')).toBe(153 - index - 1)
  }
  expect(await onlyAtHome()).toEqual([])
  expect(await number('SELECT count(*) FROM languages')).toBe(153 - 111)
})

test('a new code reaches every country', async () => {
  for (let round = 1; round <= 60; round += 1) {
    await recodeLanguage('fra', 'fr')
    expect(await mostSpoken(2)).toContainEqual({ code: 'fr', countries: 46 })
    await recodeLanguage('fr', 'fra')
  }
  await recodeLanguage('fra', 'roa-fr')
  expect(await mostSpoken(2)).toContainEqual({ code: 'roa-fr', countries: 46 })
})
