const { Pool } = require('pg')

const pool = new Pool({ connectionString: process.env.DATABASE_URL })

async function many(sql, values = [], client = pool) {
  const { rows } = await client.query(sql, values)
  return rows
}

async function one(sql, values = [], client = pool) {
  return (await many(sql, values, client))[0]
}

async function transaction(work) {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

module.exports = { pool, many, one, transaction }
