import { expect, test } from 'vitest'
import { subject } from '../harness.ts'
import { snapshotsOf } from './saved.ts'

test('a marked lane is brought back, twice, and its connections stay', async () => {
  const server = await subject({ seed: 's.sql' }, { 's.sql': 'CREATE TABLE item (id serial PRIMARY KEY, name text)' })
  try {
    const lane = await server.lane()
    await lane.client.query(`INSERT INTO item (name) VALUES ('one')`)
    await using mark = await snapshotsOf(server.session).mark(lane.id)
    for (const _time of [1, 2]) {
      await lane.client.query(`UPDATE item SET name = 'changed'; INSERT INTO item (name) VALUES ('two')`)
      await mark.restore()
      expect((await lane.client.query('SELECT * FROM item')).rows).toEqual([{ id: 1, name: 'one' }])
    }
    await lane.reset()
    expect(await lane.value('SELECT count(*)::int FROM item')).toBe(0)
  } finally {
    await server.dispose()
  }
})
