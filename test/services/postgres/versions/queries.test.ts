import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PostgresVersion } from '../../../../src/services/postgres/options.ts'
import { queries } from '../../../../src/services/postgres/queries.ts'
import { long } from '../../../long.ts'
import { type Lane, type Subject, subject } from '../harness.ts'

const seed = `
  CREATE TABLE item (id int PRIMARY KEY, name text);
  INSERT INTO item SELECT g, md5(g::text) FROM generate_series(1, 10000) g; ANALYZE item`

const asked = `
  SELECT name FROM item WHERE id = 5;
  SELECT count(*) FROM item WHERE id > (SELECT count(*) - 10 FROM item);
  SELECT id, row_number() OVER (ORDER BY id) FROM item WHERE id < 10;
  DELETE FROM item WHERE id = 5`

describe.skipIf(long)(`queries on two versions${long}`, () => {
  const servers: Subject[] = []
  const lanes: Lane[] = []

  beforeAll(async () => {
    for (const version of ['15', '18'] satisfies PostgresVersion[]) {
      const server = await subject({ version, seed: 's.sql' }, { 's.sql': seed })
      servers.push(server)
      lanes.push(await server.lane())
    }
  }, 60_000)

  afterAll(async () => {
    for (const server of servers) await server.dispose()
  })

  test('have the same plans, in the same words', async () => {
    const [old = [], young] = await Promise.all(
      lanes.map(async ({ endpoint }) => {
        await using session = await queries.open(endpoint)
        const plans: string[] = []
        for (const query of queries.split(asked)) plans.push(await session.plan(query))
        return plans
      }),
    )
    expect(old).toEqual(young)
    expect(old[0]).toBe('Index Scan using item_pkey on item\n  Index Cond: (id = 5)')
    expect(old[3]).toContain('Delete on item')
  })

  test('are timed, and change nothing', async () => {
    for (const { endpoint, value } of lanes) {
      await using session = await queries.open(endpoint)
      expect(await session.time('DELETE FROM item')).toBeGreaterThan(0)
      expect(await session.time('SELECT 1')).toBeGreaterThan(0)
      await expect(session.time('DELETE FROM item; COMMIT')).rejects.toThrow(/multiple commands/)
      await expect(session.plan('SELECT * FROM nothing')).rejects.toThrow(/nothing/)
      await session.time('COMMIT')
      expect(await session.plan('SELECT name FROM item WHERE id = 5')).toContain('item_pkey')
      expect(await value('SELECT count(*)::int FROM item')).toBe(10_000)
    }
  })
})
