import { expect, test } from 'vitest'
import { bookSeat, SeatBusyError } from '../src/bookings.ts'
import { number, transaction } from '../src/rows.ts'
import { register } from '../src/travellers.ts'

test('who waits too long for a seat is told so, and the others are served', async () => {
  const { id } = await register('Dan', 'dan@example.org')
  await transaction(async (slow) => {
    await slow.query(`SELECT FROM countries WHERE code = 'MLT' FOR UPDATE`)
    const waiting = [bookSeat('MLT', id, 700), bookSeat('MLT', id, 1_400)]
    for (const outcome of await Promise.allSettled(waiting)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(SeatBusyError) })
    }
    expect(await bookSeat('CYP', id, 300)).toBe(await number('SELECT last_value FROM booking_numbers'))
  })
  await bookSeat('MLT', id, 300)
  expect(await number('SELECT count(*) FROM bookings')).toBe(2)
})
