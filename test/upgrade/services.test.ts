/** Redis 7 to Valkey 9 and Neo4j 5.26 to 2026, rehearsed together; PostgreSQL beside them stays as it is. */
import { afterAll, describe, expect, test } from 'vitest'
import { config } from '../cli/sandbox.ts'
import { long } from '../long.ts'
import { UpgradeProject } from './upgrade-project.ts'

describe.skipIf(long)(`Redis and Neo4j together${long}`, { timeout: 300_000 }, () => {
  const project = new UpgradeProject({
    'isolane.config.ts': config(
      `redis: redis({ seed: './fill.ts' }), neo4j: neo4j({ migrations: './graph.cypher' }), postgres: postgres({ seed: './seed.sql' })`.replace(
        "'./fill.ts'",
        `{ command: 'node fill.ts', inputs: ['fill.ts'] }`,
      ),
    ),
    'fill.ts': `import { Redis } from 'ioredis'
      const redis = new Redis(process.env.REDIS_URL)
      await redis.mset({ plain: 'a\\u0000b', 'key with spaces': 'ü' })
      await redis.zadd('scores', 1.5, 'one', Infinity, 'most')
      await redis.xadd('events', '1-1', 'kind', 'first')
      await redis.set('passing', '1', 'EX', 100000)
      await redis.quit()`,
    'graph.cypher': `CREATE CONSTRAINT city IF NOT EXISTS FOR (c:City) REQUIRE c.name IS UNIQUE;
      MERGE (a:City {name: 'Oslo', at: point({longitude: 10.7, latitude: 59.9}), founded: date('1048-01-01')})
      MERGE (b:City {name: 'Bergen', tags: ['rain', 'fish']})
      MERGE (a)-[:RAIL {hours: 6.5, since: datetime('1909-11-27T00:00:00[Europe/Oslo]')}]->(b);`,
    'seed.sql': 'CREATE TABLE city (name text PRIMARY KEY);',
    'queries.cypher': 'MATCH (c:City {name: $oslo}) RETURN c;\nMATCH (c:City)-[:RAIL]->(d) RETURN c.name, d.name;',
  })
  afterAll(() => project[Symbol.asyncDispose]())

  // A query that fails on both sides is nothing that the upgrade has broken.
  test('everything comes along, and nothing stays behind', async () => {
    const line = ['--redis', '7→valkey@9', '--neo4j', '5.26→2026', '--queries', 'queries.cypher']
    const { code, found, page, stderr } = await project.upgrade(line)
    expect({ code, failure: found.failure, others: found.others }, stderr + page).toEqual({
      code: 0,
      failure: undefined,
      others: [],
    })
    const byName = Object.fromEntries(found.upgrades.map((upgrade) => [upgrade.service, upgrade]))
    expect(byName.redis).toMatchObject({
      from: expect.stringMatching(/^7\./),
      to: expect.stringMatching(/^valkey 9\./),
      data: { schema: 'none', changes: [] },
    })
    expect(byName.neo4j).toMatchObject({
      from: expect.stringMatching(/^5\.26/),
      to: expect.stringMatching(/^2026\./),
      data: { schema: 'same', changes: [] },
      migrations: { left: './graph.cypher was applied on the old version' },
    })
    expect(byName.neo4j?.fresh?.failure).toBeUndefined()
    expect(byName.postgres).toBeUndefined()
    const [unknown, known] = byName.neo4j?.queries ?? []
    expect(unknown?.after).toMatchObject({ failure: expect.stringContaining('oslo') })
    expect(known).toMatchObject({ before: { milliseconds: expect.any(Number) }, factor: expect.any(Number) })
    await project.expectNothingLeft()
  })
})
