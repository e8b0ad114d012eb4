import { beforeEach, expect, test } from 'vitest'
import { bookSeat, cancelBooking, startSeason } from '../src/bookings.ts'
import { number, query } from '../src/rows.ts'
import { register } from '../src/travellers.ts'

beforeEach(startSeason)

test('bookings are numbered without gaps, season by season', async () => {
  const { id } = await register('Ann', 'ann@example.org')
  for (let season = 1; season <= 8; season += 1) {
    await startSeason()
    for (let expected = 1000; expected < 1012; expected += 1) expect(await bookSeat('ITA', id)).toBe(expected)
    await expect(bookSeat('ITA', id)).rejects.toThrow('The bus through ITA is full')
  }
  expect(await number('SELECT count(*) FROM bookings')).toBe(12)
})

test('a crowd at the same bus gets different seats', async () => {
  const { id } = await register('Ben', 'ben@example.org')
  for (const country of ['FRA', 'ESP', 'PRT', 'GRC', 'HRV', 'NOR']) {
    await Promise.all(Array.from({ length: 12 }, () => bookSeat(country, id)))
    const seats = await query<{ seat: number }>('SELECT seat FROM bookings WHERE country_code = $1 ORDER BY seat', [
      country,
    ])
    expect(seats.map(({ seat }) => seat)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  }
  expect(await number('SELECT count(*) FROM bookings')).toBe(72)
})

test('a cancelled seat is the next one to go', async () => {
  const { id } = await register('Cleo', 'cleo@example.org')
  const numbers = [await bookSeat('ISL', id), await bookSeat('ISL', id), await bookSeat('ISL', id)]
  await cancelBooking(numbers[1] ?? 0)
  const again = await bookSeat('ISL', id)
  expect(again).toBe(1003)
  expect(await number('SELECT seat FROM bookings WHERE number = $1', [again])).toBe(2)
})
