import pg from 'pg'
import { rows, transaction } from './rows.ts'

/** The seat is being booked by someone else at this moment. */
export class SeatBusyError extends Error {}

/**
 * Books the lowest free seat in a country's tour bus and returns the booking's number. One booking at a time per
 * country: who waits longer than `patience` milliseconds gets a {@link SeatBusyError}.
 */
export async function bookSeat(country: string, traveller: number, patience = 2_000): Promise<number> {
  try {
    return await transaction(async (client) => {
      await client.query(`SELECT set_config('lock_timeout', $1, true)`, [`${patience}ms`])
      await client.query('SELECT FROM countries WHERE code = $1 FOR UPDATE', [country])
      const { rows } = await client.query<{ number: number }>(
        `INSERT INTO bookings (country_code, seat, traveller_id)
         SELECT $1, min(seat), $2 FROM generate_series(1, 12) AS seat
          WHERE NOT EXISTS (SELECT FROM bookings WHERE country_code = $1 AND bookings.seat = seat.seat)
         HAVING count(*) > 0
         RETURNING number`,
        [country, traveller],
      )
      const number = rows[0]?.number
      if (number === undefined) throw new Error(`The bus through ${country} is full`)
      return number
    })
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '55P03') {
      throw new SeatBusyError(`Someone else is booking a seat in ${country}`, { cause: error })
    }
    throw error
  }
}

export async function cancelBooking(number: number): Promise<void> {
  await rows().query('DELETE FROM bookings WHERE number = $1', [number])
}

/** A quiet night: all bookings are dropped and the numbers begin anew. */
export async function startSeason(): Promise<void> {
  await rows().query('TRUNCATE bookings')
  await rows().query('ALTER SEQUENCE booking_numbers RESTART')
}
