import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresClients } from '../../../src/services/postgres/lane-clients.ts'
import { type Lane, type Subject, subject } from './harness.ts'

const schema = `
  CREATE EXTENSION citext;
  CREATE SCHEMA "Other ""Schema""";
  CREATE TABLE "Other ""Schema"""."table" (id int);
  CREATE TABLE parts (id int) PARTITION BY RANGE (id);
  CREATE TABLE low PARTITION OF parts FOR VALUES FROM (0) TO (10);
  CREATE TABLE high PARTITION OF parts FOR VALUES FROM (10) TO (20);
  CREATE TABLE base (id int);
  CREATE TABLE derived () INHERITS (base);
  CREATE TABLE _prisma_migrations (id int);
  CREATE SCHEMA drizzle;
  CREATE TABLE drizzle.__drizzle_migrations (id int);
  CREATE TABLE schema_migrations (version text);
  INSERT INTO _prisma_migrations VALUES (1);
  INSERT INTO drizzle.__drizzle_migrations VALUES (1);
  INSERT INTO schema_migrations VALUES ('1');`

let server: Subject
let lane: Lane

beforeAll(async () => {
  server = await subject({ migrations: 's.sql', extensions: ['pg_trgm'] }, { 's.sql': schema })
  lane = await server.lane()
})

afterAll(() => server?.dispose())

test("a migrated lane holds nothing: what migration tools, extensions and Isolane write is not the user's", async () => {
  expect(await postgresClients.contents(lane.endpoint)).toEqual([])
})

test('rows are counted by table, each once', async () => {
  await lane.client.query(`
    INSERT INTO "Other ""Schema"""."table" VALUES (1);
    INSERT INTO parts VALUES (1), (11), (12);
    INSERT INTO derived VALUES (1), (2);
    CREATE TABLE "made by a test" AS SELECT 1;
    CREATE TEMPORARY TABLE passing AS SELECT 1`)
  expect(await postgresClients.contents(lane.endpoint)).toEqual([
    'Other "Schema".table: 1 row',
    'public.derived: 2 rows',
    'public.made by a test: 1 row',
    'public.parts: 3 rows',
  ])
})

test('rows that the lane itself may not see are not taken for none', async () => {
  const other = await server.lane()
  await other.client.query(`
    INSERT INTO base VALUES (1);
    ALTER TABLE base ENABLE ROW LEVEL SECURITY;
    CREATE POLICY nobody ON base USING (false)`)
  expect(await postgresClients.contents(other.endpoint)).toEqual(['public.base: 1 row'])
  await other.client.query('ALTER TABLE base FORCE ROW LEVEL SECURITY')
  expect(await other.value('SELECT count(*)::int FROM base')).toBe(0)
  await expect(postgresClients.contents(other.endpoint)).rejects.toMatchObject({
    code: 'ISOLANE_OPTION_INVALID',
    message: expect.stringMatching(/^The rows of public\.base can't be counted \(.*row-level security policy/),
  })
})
