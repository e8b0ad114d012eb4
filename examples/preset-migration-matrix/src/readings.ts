import { database } from './database.ts'

export async function record(sensor: string, at: string, value: number): Promise<void> {
  await database.query('INSERT INTO reading VALUES ($1, $2, $3)', [sensor, at, value])
}

export async function latest(): Promise<Readonly<Record<string, number>>> {
  const { rows } = await database.query('SELECT sensor, value FROM latest ORDER BY sensor')
  return Object.fromEntries(rows.map(({ sensor, value }) => [sensor, value]))
}

export async function average(sensor: string): Promise<number> {
  const { rows } = await database.query('SELECT avg(value) AS average FROM reading WHERE sensor = $1', [sensor])
  return rows[0]?.average
}
