import { beforeEach, expect, test } from 'vitest'
import { dissolve } from '../src/atlas.ts'
import { countBorders } from '../src/borders.ts'
import { forgetEverything } from '../src/cache.ts'
import { chartWorld, countCharted } from '../src/chart.ts'
import { countriesIn } from '../src/countries.ts'
import { factSheet } from '../src/fact-sheets.ts'
import { importWorld } from '../src/import.ts'
import { memory } from '../src/memory.ts'
import { look, mostLookedAt } from '../src/popularity.ts'
import { number } from '../src/rows.ts'
import { readWorld } from '../src/world.ts'
import { describeGraph } from './support/describe-graph.ts'

beforeEach(async () => {
  await forgetEverything()
  await importWorld(await readWorld())
})

test('a dissolved country is gone from rows and from memory', async () => {
  for (const { code } of await countriesIn('Asia')) {
    await factSheet(code)
    await look(code, 'historian')
    expect(await dissolve(code)).toBe(true)
    expect(await factSheet(code)).toBeNull()
  }
  expect(await dissolve('JPN')).toBe(false)
  expect(await number('SELECT count(*) FROM countries')).toBe(200)
  expect(await mostLookedAt(100)).toEqual([])
  expect(await memory().keys('about:*')).toHaveLength(50)
})

describeGraph('on the map', () => {
  test('a dissolved country takes its borders along', async () => {
    await chartWorld(await readWorld())
    for (const { code } of await countriesIn('Europe')) await dissolve(code)
    expect(await countCharted()).toBe(197)
    expect(await number('SELECT count(*) FROM countries')).toBe(197)
    expect(await countBorders()).toBe(324 - 96)
  })
})
