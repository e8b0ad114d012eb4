import { beforeEach, expect, test } from 'vitest'
import { AlreadyRunningError, nightly, nightlyRuns } from '../src/nightly.ts'
import { number, rows } from '../src/rows.ts'
import { planTrip } from '../src/trips.ts'
import { registerMany } from './support/travellers.ts'

beforeEach(() => rows().query('TRUNCATE travellers CASCADE'))

test('empty trips go at night, the others stay', async () => {
  for (const [index, { id }] of (await registerMany(60)).entries()) {
    const stops = index % 3 === 0 ? [] : ['MNG', 'KAZ']
    await planTrip({ traveller: id, title: 'Steppe', from: '2033-01-01', to: '2033-02-01', stops })
    expect(await number('SELECT count(*) FROM trips')).toBe(index + 1)
  }
  expect(await nightly(1_000)).toBe(20)
  expect(await nightly(1_000)).toBe(0)
  expect(await number('SELECT count(*) FROM trips')).toBe(40)
})

test('one night at a time', async () => {
  expect(await nightlyRuns()).toBe(0)
  await nightly(1_000, async () => {
    expect(await nightlyRuns()).toBe(1)
    await expect(nightly(1_200)).rejects.toThrow(AlreadyRunningError)
  })
  expect(await nightlyRuns()).toBe(0)
})
