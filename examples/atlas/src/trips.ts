import { number, query, transaction } from './rows.ts'

export interface Plan {
  readonly traveller: number
  readonly title: string
  readonly from: string
  readonly to: string
  /** Country codes in the order of travel. */
  readonly stops: readonly string[]
}

/** Writes a trip with all its stops, or nothing. */
export async function planTrip(plan: Plan): Promise<number> {
  return transaction(async (client) => {
    const { rows } = await client.query<{ id: number }>(
      'INSERT INTO trips (traveller_id, title, starts_on, ends_on) VALUES ($1, $2, $3, $4) RETURNING id',
      [plan.traveller, plan.title, plan.from, plan.to],
    )
    const id = rows[0]?.id
    if (id === undefined) throw new Error('the database returned no trip')
    for (const [index, code] of plan.stops.entries()) {
      await client.query('INSERT INTO stops VALUES ($1, $2, $3)', [id, index + 1, code])
    }
    return id
  })
}

export async function stopsOf(trip: number): Promise<string[]> {
  const found = await query<{ country_code: string }>(
    'SELECT country_code FROM stops WHERE trip_id = $1 ORDER BY position',
    [trip],
  )
  return found.map((row) => row.country_code)
}

export async function spend(trip: number, currency: string, amount: number): Promise<number> {
  return number('INSERT INTO expenses (trip_id, currency_code, amount) VALUES ($1, $2, $3) RETURNING id', [
    trip,
    currency,
    amount,
  ])
}

export async function spentOn(trip: number): Promise<number> {
  return number('SELECT spent FROM trips WHERE id = $1', [trip])
}
