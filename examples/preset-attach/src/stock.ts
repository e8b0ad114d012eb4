import { database } from './database.ts'

export async function store(name: string, quantity: number): Promise<void> {
  await database.query(
    'INSERT INTO item VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET quantity = item.quantity + excluded.quantity',
    [name, quantity],
  )
}

export async function take(name: string, quantity: number): Promise<void> {
  await database.query('UPDATE item SET quantity = quantity - $2 WHERE name = $1', [name, quantity])
}

export async function inStock(): Promise<Readonly<Record<string, number>>> {
  const { rows } = await database.query('SELECT name, quantity FROM item WHERE quantity > 0 ORDER BY name')
  return Object.fromEntries(rows.map(({ name, quantity }) => [name, quantity]))
}
