import { query, rows } from './rows.ts'

export interface Traveller {
  readonly id: number
  readonly name: string
  readonly email: string
}

export async function register(name: string, email: string): Promise<Traveller> {
  const [traveller] = await query<Traveller>(
    'INSERT INTO travellers (name, email) VALUES ($1, $2) RETURNING id, name, email',
    [name, email],
  )
  if (!traveller) throw new Error('the database returned no traveller')
  return traveller
}

export async function allTravellers(): Promise<Traveller[]> {
  return query<Traveller>('SELECT id, name, email FROM travellers ORDER BY id')
}

/** Forgets a traveller with all trips and bookings. */
export async function forget(id: number): Promise<boolean> {
  return (await rows().query('DELETE FROM travellers WHERE id = $1', [id])).rowCount === 1
}
