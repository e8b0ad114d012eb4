import { expect, test } from 'vitest'
import { archivedYears, archiveTrips } from '../src/archive.ts'
import { number, query, rows } from '../src/rows.ts'
import { planTrip } from '../src/trips.ts'
import { registerMany } from './support/travellers.ts'

test('old trips move to a table for each year, which the first trip of a year makes', async () => {
  await rows().query('TRUNCATE travellers CASCADE')
  expect(await archivedYears()).toEqual([])
  let planned = 0
  for (const { id } of await registerMany(60)) {
    for (const year of [2019, 2020, 2021]) {
      await planTrip({
        traveller: id,
        title: `Summer of ${year}`,
        from: `${year}-06-01`,
        to: `${year}-08-31`,
        stops: ['JPN', 'KOR'],
      })
      planned += 1
      expect(await number('SELECT count(*) FROM trips')).toBe(planned)
    }
  }
  expect(await archiveTrips(2019)).toBe(60)
  expect(await archiveTrips(2020)).toBe(60)
  expect(await archiveTrips(2020)).toBe(0)
  expect(await archivedYears()).toEqual([2019, 2020])
  expect(await number('SELECT count(*) FROM trips')).toBe(60)
  expect(await query('SELECT DISTINCT title FROM trips_2019')).toEqual([{ title: 'Summer of 2019' }])
})
