import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import type { PostgresOptions } from '../../../src/services/postgres/index.ts'
import { type Subject, subject } from './harness.ts'

/** Each has a server of its own, as each wants another template. */
const servers: Subject[] = []

async function prepared(options: PostgresOptions, files: Record<string, string> = {}): Promise<Subject> {
  const server = await subject(options, files)
  servers.push(server)
  return server
}

const failure = (options: PostgresOptions, files: Record<string, string> = {}): Promise<Error> =>
  prepared(options, files).then(
    () => new Error('it did not fail'),
    (error: Error) => error,
  )

describe('migrations and seeds', () => {
  afterEach(async () => {
    vi.unstubAllEnvs()
    await Promise.all(servers.splice(0).map((server) => server.dispose()))
  })

  test('statements that want no transaction, a dump’s COPY, and settings that end with their file', async () => {
    const server = await prepared(
      { version: '17', migrations: '.', seed: 'data.dump' },
      {
        '1_tables.sql': 'CREATE TABLE a (id int PRIMARY KEY, name text); CREATE TABLE b (id int);',
        '2_index.sql':
          'CREATE INDEX CONCURRENTLY a_name ON a (name); VACUUM a;\nBEGIN; INSERT INTO b VALUES (1); COMMIT;',
        '10_last.sql': "ALTER TABLE a ADD COLUMN last int; SET search_path = ''; CREATE TABLE public.c (id int);",
        'data.dump':
          '\\restrict x\nSET standard_conforming_strings = on;\nCOPY a (id, name) FROM stdin;\n1\tone\n2\t\\N\n\\.\n\nINSERT INTO b VALUES (2);\nTABLE c;\n',
      },
    )
    const lane = await server.lane()
    expect((await lane.client.query('SELECT * FROM a ORDER BY id')).rows).toEqual([
      { id: 1, name: 'one', last: null },
      { id: 2, name: null, last: null },
    ])
    expect(await lane.value('SELECT count(*)::int FROM b')).toBe(2)
  })

  test('a command and a function get the template as if it were a lane', async () => {
    vi.stubEnv('PGSERVICE', 'production')
    const server = await prepared({
      version: '17',
      migrations: {
        command: `node -e "
        const pg = require(process.argv[1]);
        if (process.env.PGSERVICE) throw new Error('psql would go elsewhere');
        const c = new pg.Client();
        c.connect().then(() => c.query('CREATE TABLE made (by text)')).then(() => c.end())" "${join(import.meta.dirname, '../../../node_modules/pg')}"`,
      },
      seed: async ({ lane, env }) => {
        expect(env.DATABASE_URL).toBe(lane.url)
        const { default: pg } = await import('pg')
        const client = new pg.Client({ connectionString: lane.url })
        client.on('error', () => {})
        await client.connect()
        await client.query("INSERT INTO made VALUES ('function')")
        // Left open on purpose: a tool that forgets to disconnect must not spoil the template.
      },
    })
    expect(await (await server.lane()).value('SELECT by FROM made')).toBe('function')
  })

  test('a failing statement: file, line, and what the server said', async () => {
    const error = await failure(
      { version: '17', migrations: '.' },
      { '1.sql': 'CREATE TABLE a (id int);\n', '2.sql': "-- ä comment 😀\nSELECT '😀',\n  nothing\nFROM a;\n" },
    )
    expect(error.message.split('\n')[0]).toMatch(
      /2\.sql:3 failed: column "nothing" does not exist: .*\[ISOLANE_MIGRATION_FAILED\]$/,
    )
    expect(error.message).toContain('SQLSTATE 42703')
  })

  test('a failing row: the line of its statement, with the server’s detail', async () => {
    const error = await failure(
      { version: '17', seed: 's.sql' },
      { 's.sql': 'CREATE TABLE a (id int PRIMARY KEY);\nINSERT INTO a VALUES (1);\n\nINSERT INTO a VALUES (1);' },
    )
    expect(error.message).toMatch(/s\.sql:4 failed: duplicate key .*\[ISOLANE_SEED_FAILED\]/)
    expect(error.message).toContain('Key (id)=(1) already exists')
  })

  test('a failing COPY ends, and says so', async () => {
    const error = await failure(
      { version: '17', seed: 's.sql' },
      { 's.sql': 'CREATE TABLE a (id int);\nCOPY a FROM stdin;\n1\nx\n\\.\n' },
    )
    expect(error.message).toMatch(/s\.sql:2 failed: invalid input syntax for type integer: "x"/)
    expect(error.message).toContain('COPY a, line 2')
  })

  test('a command of psql', async () => {
    const error = await failure({ version: '17', migrations: 'm.sql' }, { 'm.sql': 'SELECT 1;\n\\i other.sql\n' })
    expect(error.message).toMatch(/m\.sql:2 has \\i is a command of psql, not SQL/)
  })

  test('an extension that is not there: which are', async () => {
    const error = await failure({ version: '17', extensions: ['pgcrypto', 'no_such'] })
    expect(error.message).toMatch(/has no extension no_such: /)
    expect(error.message).toMatch(/available: .*pgcrypto/)
  })

  test('extensions are there before migrations, which have no superuser’s rights', async () => {
    const server = await prepared(
      { version: '17', extensions: ['citext', 'file_fdw'], migrations: 'm.sql' },
      {
        'm.sql': 'CREATE TABLE a (name citext PRIMARY KEY); INSERT INTO a VALUES (current_setting($$is_superuser$$));',
      },
    )
    const lane = await server.lane()
    expect(await lane.value("SELECT name::text FROM a WHERE name = 'OFF'")).toBe('off')
    await expect(lane.client.query('CREATE ROLE other')).rejects.toThrow(/permission denied/)
    await expect(lane.client.query('CREATE DATABASE other')).rejects.toThrow(/permission denied/)
  })

  test('a failed template leaves no database, and the next attempt is not in its way', async () => {
    const server = await subject(
      { version: '17', migrations: 'm.sql' },
      { 'm.sql': 'CREATE TABLE a (id int); BROKEN;' },
      { prepare: false },
    )
    servers.push(server)
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(server.session.prepare(server.template)).rejects.toThrow(/m\.sql:1 failed/)
    }
    await server.session.idle?.()
    const admin = await server.admin()
    const { rows } = await admin.query("SELECT datname FROM pg_database WHERE datname LIKE 'isolane%'")
    expect(rows).toEqual([])
  })

  test('settings that migrations gave the database hold in lanes, and are restored', async () => {
    const server = await prepared(
      { version: '17', migrations: 'm.sql' },
      {
        'm.sql': `DO $$ BEGIN
          EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Asia/Tokyo');
          EXECUTE format('ALTER DATABASE %I SET search_path = app, public', current_database());
        END $$; CREATE SCHEMA app; CREATE TABLE app.here (id int);`,
      },
    )
    const lane = await server.lane()
    const settings = async () => {
      const client = await lane.connect()
      const { rows } = await client.query(
        "SELECT current_setting('timezone') AS zone, current_setting('search_path') AS path",
      )
      return rows[0]
    }
    expect(await settings()).toEqual({ zone: 'Asia/Tokyo', path: 'app, public' })
    await lane.client.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = UTC', current_database()); END $$`,
    )
    await lane.reset('close')
    expect(await settings()).toEqual({ zone: 'Asia/Tokyo', path: 'app, public' })
  })
})

describe('what users’ tools see of a lane (needs Debian’s PostgreSQL 15)', () => {
  const psql = '/usr/lib/postgresql/15/bin/psql'
  const dump = '/usr/lib/postgresql/15/bin/pg_dump'
  let server: Subject | undefined

  afterAll(() => server?.dispose())

  test.skipIf(!existsSync(psql))('psql and pg_dump show nothing of ours but an empty schema’s name', async () => {
    server = await subject(
      { version: '15', migrations: 'm.sql' },
      { 'm.sql': 'CREATE TABLE a (id serial PRIMARY KEY);' },
    )
    const { endpoint } = await server.lane()
    const described = execFileSync(psql, ['-X', '-c', '\\d a', '-c', '\\dy', '-c', '\\d', endpoint.url], {
      encoding: 'utf8',
    })
    expect(described).toContain('a_pkey')
    expect(described).not.toMatch(/isolane_mark|mark_1/)
    const dumped = execFileSync(dump, [endpoint.url], { encoding: 'utf8' })
    expect(dumped).toContain('CREATE TABLE public.a')
    expect(dumped).not.toMatch(/isolane\.|SCHEMA isolane|EVENT TRIGGER/)
  })
})
