const { many, pool } = require('../../src/db.js')

/** Every test starts with empty tables, and ids from 1 on. */
beforeEach(async () => {
  const tables = await many(
    "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_%'",
  )
  await pool.query(`TRUNCATE ${tables.map(({ name }) => name).join(', ')} RESTART IDENTITY CASCADE`)
})

afterAll(() => pool.end())
