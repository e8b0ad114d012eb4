import { database } from './database.ts'

export async function open(name: string, balance = 0): Promise<void> {
  await database.query('INSERT INTO account VALUES ($1, $2)', [name, balance])
}

export async function balance(name: string): Promise<number | undefined> {
  const { rows } = await database.query('SELECT balance FROM account WHERE name = $1', [name])
  return rows[0]?.balance
}

/** All or nothing. */
export async function transfer(from: string, to: string, amount: number): Promise<void> {
  const connection = await database.connect()
  try {
    await connection.query('BEGIN')
    await connection.query('UPDATE account SET balance = balance + $2 WHERE name = $1', [to, amount])
    await connection.query('UPDATE account SET balance = balance - $2 WHERE name = $1', [from, amount])
    await connection.query('COMMIT')
  } catch (error) {
    await connection.query('ROLLBACK')
    throw error
  } finally {
    connection.release()
  }
}

export async function close(name: string): Promise<void> {
  const { rowCount } = await database.query('DELETE FROM account WHERE name = $1 AND balance = 0', [name])
  if (rowCount === 0) throw new Error(`${name} has an account that is not empty, or none`)
}
