import { beforeEach, expect, test } from 'vitest'
import { memory } from '../src/memory.ts'
import { look, mostLookedAt, rankByTrips, visitors } from '../src/popularity.ts'
import { number, rows } from '../src/rows.ts'
import { planTrip } from '../src/trips.ts'
import { registerMany } from './support/travellers.ts'

beforeEach(async () => {
  await memory().flushdb()
  await rows().query('TRUNCATE travellers CASCADE')
})

test('looks make a ranking', async () => {
  for (let visitor = 1; visitor <= 400; visitor += 1) {
    await look('ITA', `visitor ${visitor}`)
    expect(await mostLookedAt(1)).toEqual(['ITA'])
    if (visitor % 2 === 0) await look('JPN', `visitor ${visitor}`)
    if (visitor % 3 === 0) await look('NZL', `visitor ${visitor}`)
  }
  expect(await mostLookedAt(10)).toEqual(['ITA', 'JPN', 'NZL'])
  expect(await visitors()).toBeGreaterThan(370)
  expect(await visitors()).toBeLessThan(430)
})

test('trips make a ranking, and replace the looks', async () => {
  await look('ATA', 'penguin')
  for (const [index, { id }] of (await registerMany(80)).entries()) {
    const stops = ['PER', index % 2 === 0 ? 'CHL' : 'BOL', ...(index % 4 === 0 ? ['ARG'] : [])]
    await planTrip({ traveller: id, title: 'Andes', from: '2032-01-01', to: '2032-02-01', stops })
    expect(await number('SELECT count(*) FROM trips')).toBe(index + 1)
  }
  expect(await rankByTrips()).toBe(4)
  expect(await mostLookedAt(10)).toEqual(['PER', 'CHL', 'BOL', 'ARG'])
})
