import { expect, test } from 'vitest'
import { importWorld } from '../src/import.ts'
import { farthestPair } from '../src/reports.ts'
import { number, query, rows } from '../src/rows.ts'
import { readWorld } from '../src/world.ts'

test('the two countries farthest apart', async () => {
  await importWorld(await readWorld())
  expect(await farthestPair(10_000, 10)).toEqual(['GHA', 'TUV'])
})

test('a report that takes too long is given up, and hurts nobody', async () => {
  await importWorld(await readWorld())
  await expect(farthestPair(250, 2_000)).rejects.toThrow(/statement timeout/)
  const busy = 'SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ~ $1 AND state = $2'
  expect(await number(busy, ['generate_series', 'active'])).toBe(0)
  expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('the answer changes with the world', async () => {
  await importWorld(await readWorld())
  await rows().query(`DELETE FROM countries WHERE region NOT IN ('Europe')`)
  expect(await farthestPair(10_000, 20)).not.toEqual(['GHA', 'TUV'])
  expect(await number('SELECT count(*) FROM countries')).toBe(53)
})
