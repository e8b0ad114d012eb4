import { expect, inject, test } from 'vitest'
import { database } from '../src/database.ts'

const major = Number.parseInt(inject('isolane').services.postgres?.version ?? '', 10)

test('the server is of the version that is told', async () => {
  const { rows } = await database.query("SELECT current_setting('server_version_num')::int / 10000 AS major")
  expect(rows).toEqual([{ major }])
})

// What only some versions can do is guarded where it stands.
test.runIf(major >= 18)('identifiers that sort by time', async () => {
  const { rows } = await database.query('SELECT uuidv7() < uuidv7() AS sorted')
  expect(rows).toEqual([{ sorted: true }])
})
