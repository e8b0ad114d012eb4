import { expect, test } from 'vitest'
import { importWorld } from '../src/import.ts'
import { number, query } from '../src/rows.ts'
import { readWorld } from '../src/world.ts'

const tables = ['countries', 'currencies', 'languages', 'country_currencies', 'country_languages']

async function sizes(): Promise<number[]> {
  return Promise.all(tables.map((table) => number(`SELECT count(*) FROM ${table}`)))
}

test('each import replaces the one before', async () => {
  const world = await readWorld()
  for (let round = 1; round <= 12; round += 1) {
    await importWorld(world)
    expect(await sizes()).toEqual([250, 162, 153, 275, 412])
  }
})

test('a smaller world, region by region', async () => {
  const world = await readWorld()
  for (const region of ['Africa', 'Americas', 'Asia', 'Europe', 'Oceania']) {
    await importWorld(world.filter((country) => country.region === region))
    expect(await query('SELECT DISTINCT region FROM countries')).toEqual([{ region }])
    expect(await query('SELECT region FROM region_totals')).toEqual([{ region }])
  }
})

test('an import that fails leaves the old world in place', async () => {
  const world = await readWorld()
  await importWorld(world)
  const [first] = world
  await expect(importWorld([...world, ...(first ? [first] : [])])).rejects.toThrow(/countries_pkey/)
  expect(await sizes()).toEqual([250, 162, 153, 275, 412])
})
