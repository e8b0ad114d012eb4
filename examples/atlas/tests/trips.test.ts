import { expect, test } from 'vitest'
import { number, query, rows } from '../src/rows.ts'
import { forget } from '../src/travellers.ts'
import { planTrip, stopsOf } from '../src/trips.ts'
import { registerMany } from './support/travellers.ts'

test('trips keep the order of their stops, and go with their traveller', async () => {
  await rows().query('TRUNCATE travellers CASCADE')
  const codes = (await query<{ code: string }>('SELECT code FROM countries ORDER BY name')).map(({ code }) => code)
  const travellers = await registerMany(25)
  for (const [index, { id }] of travellers.entries()) {
    const stops = codes.slice(index * 10, index * 10 + 10).reverse()
    const trip = await planTrip({ traveller: id, title: 'Ten countries', from: '2030-05-01', to: '2030-06-01', stops })
    expect(await stopsOf(trip)).toEqual(stops)
    expect(await number('SELECT count(*) FROM stops')).toBe(index * 10 + 10)
  }
  expect(await number('SELECT count(DISTINCT country_code) FROM stops')).toBe(250)
  for (const { id } of travellers) await forget(id)
  expect(await number('SELECT count(*) FROM trips')).toBe(0)
  expect(await number('SELECT count(*) FROM stops')).toBe(0)
})

test('a trip with an unknown stop is not planned at all', async () => {
  await rows().query('TRUNCATE travellers CASCADE')
  const [traveller] = await registerMany(1)
  const plan = { traveller: traveller?.id ?? 0, title: 'Lost', from: '2030-01-01', to: '2030-01-02' }
  await expect(planTrip({ ...plan, stops: ['FRA', 'XXX'] })).rejects.toThrow(/foreign key/)
  await expect(planTrip({ ...plan, to: '2029-01-01', stops: [] })).rejects.toThrow(/check constraint/)
  expect(await number('SELECT count(*) FROM trips')).toBe(0)
})
