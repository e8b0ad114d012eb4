import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { longMatrix } from '../../long.ts'
import { hardSchema, portrait } from './hard-schema.ts'
import { type Subject, subject } from './harness.ts'

/** What a test might do to its database, by the reset that must undo it. */
const restored: Readonly<Record<string, string>> = {
  'rows added': `INSERT INTO parent (name) VALUES ('new'); INSERT INTO log (line) SELECT 'l' FROM generate_series(1, 50)`,
  'rows changed': `UPDATE parent SET name = name || '!'; UPDATE composite_key SET value = 0 WHERE a = 1`,
  'rows deleted, with cascades': 'DELETE FROM parent WHERE id = 1',
  'primary keys changed, with cascades': 'UPDATE parent SET id = id + 100',
  'everything truncated': `TRUNCATE parent, child, grandchild, no_key, strange, generated, measured, animal, audited, secret,
    quick, swapped, composite_key, deferred_fk RESTART IDENTITY CASCADE`,
  'truncated and filled again with the same ids': `TRUNCATE swapped; INSERT INTO swapped VALUES (1, 30), (2, 20), (3, 10)`,
  'unique values swapped': `UPDATE swapped SET position = -position; UPDATE swapped SET position = CASE id WHEN 1 THEN 20 WHEN 2 THEN 10 ELSE 30 END`,
  'a row replaced by an equal one': `DELETE FROM swapped WHERE id = 1; INSERT INTO swapped VALUES (1, 10)`,
  'identity columns overridden': `INSERT INTO child OVERRIDING SYSTEM VALUE VALUES (900, 2, 'z'); DELETE FROM child WHERE id = 2`,
  'generated columns': `UPDATE generated SET price = 7 WHERE price = 2; DELETE FROM generated WHERE price = 3`,
  'a table with a dropped column': `UPDATE with_gap SET kept = 'changed'; DELETE FROM with_gap WHERE id = 2; INSERT INTO with_gap (kept) VALUES ('x')`,
  'no key: a duplicate more': `INSERT INTO no_key VALUES (1, 'same')`,
  'no key: truncated': 'TRUNCATE no_key',
  'no key: changed': `UPDATE no_key SET b = 'other' WHERE a = 2`,
  'awkward names': `DELETE FROM "Odd ""Schema"""."Table; DROP" WHERE "Col ""1""" = 2`,
  'types without equality': `DELETE FROM strange; INSERT INTO strange (id, j) VALUES (3, '{}')`,
  'types without equality: changed': `UPDATE strange SET j = '{"b":1,"a":[2]}', x = '<b/>', f = 0, r = 0`,
  'partitions through the parent': `DELETE FROM measured; INSERT INTO measured VALUES ('2026-01-01', 5), ('2025-01-01', 5)`,
  'partitions themselves': `TRUNCATE measured_2026_one; INSERT INTO measured_2025 VALUES ('2025-02-02', 9)`,
  'a row moved between partitions': `UPDATE measured SET at = '2025-07-07' WHERE n = 2`,
  'children through their ancestor': `UPDATE animal SET name = 'changed'; DELETE FROM animal WHERE name = 'rex'`,
  'children themselves': `INSERT INTO dog (name, breed) VALUES ('new', 'pug')`,
  'triggers ENABLE ALWAYS': `INSERT INTO audited (name) VALUES ('x'); DELETE FROM audited WHERE id = 1`,
  'triggers ENABLE REPLICA': `INSERT INTO replicated (name) VALUES ('x'); DELETE FROM replicated WHERE id = 1`,
  'row security, forced': `SET app.owner = 'you'; DELETE FROM secret; INSERT INTO secret (owner) VALUES ('you'); RESET app.owner`,
  'unlogged tables': `DELETE FROM quick; INSERT INTO quick_empty (name) VALUES ('x')`,
  'rows from COPY-like bulk': `INSERT INTO log (line) SELECT repeat('x', 100) FROM generate_series(1, 30000); INSERT INTO log_detail (log_id) SELECT id FROM log LIMIT 10`,
  'through a view': `INSERT INTO parents (name) VALUES ('through a view')`,
  'a data-modifying WITH': `WITH gone AS (DELETE FROM grandchild RETURNING 1) INSERT INTO log (line) SELECT 'x' FROM gone`,
  MERGE: `INSERT INTO swapped VALUES (1, 99) ON CONFLICT (id) DO UPDATE SET position = excluded.position`,
  'sequences used': `SELECT nextval('tickets'), nextval('untouched'), nextval('parent_id_seq')`,
  'sequences set': `SELECT setval('tickets', 5), setval('untouched', 99, false), setval('with_gap_id_seq', 40, true)`,
  'sequences restarted': `ALTER SEQUENCE tickets RESTART WITH 3; ALTER SEQUENCE untouched RESTART WITH 3`,
  'materialised views refreshed': `INSERT INTO parent (name) VALUES ('new'); REFRESH MATERIALIZED VIEW parent_names;
     REFRESH MATERIALIZED VIEW parent_count; REFRESH MATERIALIZED VIEW empty_view`,
  'large objects made': `SELECT lo_from_bytea(0, 'hello')`,
  'settings of the database': `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Asia/Tokyo'); END $$`,
  'settings of the role': `DO $$ BEGIN EXECUTE format('ALTER ROLE isolane IN DATABASE %I SET work_mem = %L', current_database(), '7MB'); END $$; ALTER ROLE isolane SET enable_seqscan = off`,
  'temporary objects': `CREATE TEMP TABLE scratch (id int PRIMARY KEY); INSERT INTO scratch VALUES (1); CREATE TEMP VIEW v AS SELECT 1; DROP VIEW v; DROP TABLE scratch; CREATE TEMP SEQUENCE s; SELECT * INTO TEMP other FROM parent`,
  'changes of schema, rolled back': `BEGIN; CREATE TABLE never (id int); DROP TABLE child CASCADE; ROLLBACK`,
  'statements that failed': `DO $$ BEGIN INSERT INTO guarded (name) VALUES ('x'); EXCEPTION WHEN OTHERS THEN NULL; END $$`,
}

/** What needs a fresh clone. */
const replaced: Readonly<Record<string, string>> = {
  'a table made': 'CREATE TABLE made (id int)',
  'a table made of a query': 'CREATE TABLE made AS SELECT * FROM parent',
  'a table dropped': 'DROP TABLE child CASCADE',
  'a column added': 'ALTER TABLE parent ADD COLUMN extra int DEFAULT 5',
  'a table renamed': 'ALTER TABLE parent RENAME TO ancestor',
  'an index made': 'CREATE INDEX ON parent (name)',
  'a partition attached': `CREATE TABLE measured_2027 PARTITION OF measured FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')`,
  'a function replaced': `CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$`,
  'a trigger disabled': 'ALTER TABLE guarded DISABLE TRIGGER USER; DELETE FROM guarded',
  'rights granted': 'GRANT SELECT ON parent TO PUBLIC',
  'a sequence changed': 'ALTER SEQUENCE tickets INCREMENT 10',
  'a type extended': `ALTER TYPE mood ADD VALUE 'mad'`,
  'the schema dropped': 'DROP SCHEMA public CASCADE; CREATE SCHEMA public',
  'everything owned dropped': 'DROP OWNED BY CURRENT_USER CASCADE',
  'an extension made': 'CREATE EXTENSION citext',
  'row security turned off': 'ALTER TABLE secret DISABLE ROW LEVEL SECURITY',
}

const hour = 3_600_000

for (const { value: version, why } of longMatrix(['17', '13', '18'] as const)) {
  describe.skipIf(why)(`PostgreSQL ${version}: a reset${why}`, { timeout: hour }, () => {
    let server: Subject
    let pristine: unknown

    const look = async (database: string): Promise<Record<string, unknown>> => {
      const client = await server.admin(database)
      try {
        const { rows } = await client.query(portrait)
        const oid = await client.query('SELECT oid FROM pg_database WHERE datname = current_database()')
        return { ...rows[0], oid: oid.rows[0].oid }
      } finally {
        await client.end()
      }
    }

    beforeAll(async () => {
      server = await subject({ version, seed: 'seed.sql' }, { 'seed.sql': hardSchema })
      const { endpoint } = await server.lane()
      pristine = { ...(await look(endpoint.database)), oid: 0 }
    }, 120_000)

    afterAll(() => server?.dispose())

    test('finds something to compare', () => {
      expect(JSON.stringify(pristine)).toContain('collie')
    })

    const ways = { 13: ['keep'], 17: ['keep', 'close'], 18: ['close'] } as const
    for (const connections of ways[version]) {
      test.each(Object.entries(restored))(`(${connections}) undoes: %s`, async (_, damage) => {
        const lane = await server.lane()
        const before = await look(lane.endpoint.database)
        for (let round = 0; round < 2; round += 1) {
          const client = await lane.connect()
          await client.query(damage)
          await client.end()
          await lane.reset(connections)
          expect(await look(lane.endpoint.database)).toEqual(before)
        }
        expect({ ...before, oid: 0 }).toEqual(pristine)
        await server.session.dropLane(lane.id)
      })
    }

    test.each(Object.entries(replaced))('replaces the database after: %s', async (_, damage) => {
      const lane = await server.lane()
      const before = await look(lane.endpoint.database)
      const client = await lane.connect()
      await client.query(damage)
      await lane.reset()
      const after = await look(lane.endpoint.database)
      expect({ ...after, oid: 0 }).toEqual(pristine)
      expect(after.oid).not.toBe(before.oid)
      await server.session.dropLane(lane.id)
    })

    test('undoes everything at once, again and again', async () => {
      const lane = await server.lane()
      const before = await look(lane.endpoint.database)
      for (let round = 0; round < 3; round += 1) {
        for (const damage of Object.values(restored)) {
          const client = await lane.connect()
          await client.query(damage).catch(() => {})
          await client.end()
        }
        await lane.reset()
        expect(await look(lane.endpoint.database)).toEqual(before)
      }
    })

    test('notices an index built concurrently', async () => {
      const lane = await server.lane()
      await lane.client.query('CREATE INDEX CONCURRENTLY extra ON parent (name)')
      await lane.reset('close')
      expect({ ...(await look(lane.endpoint.database)), oid: 0 }).toEqual(pristine)
    })

    test('is not confused by maintenance', async () => {
      const lane = await server.lane()
      const before = await look(lane.endpoint.database)
      for (const statement of [
        'DELETE FROM swapped WHERE id = 1',
        'VACUUM (FULL, ANALYZE) swapped',
        'VACUUM FREEZE parent',
        'REINDEX TABLE swapped',
        'CLUSTER swapped USING swapped_pkey',
      ]) {
        await lane.client.query(statement)
      }
      await lane.reset()
      expect({ ...(await look(lane.endpoint.database)), oid: before.oid }).toEqual(before)
    })
  })
}
