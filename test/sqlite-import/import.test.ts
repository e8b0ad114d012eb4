import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importSqlite } from '../../src/sqlite-import/import.ts'
import { readMoment } from '../../src/sqlite-import/moments.ts'
import { long } from '../long.ts'
import { type Subject, signal, subject } from '../services/postgres/harness.ts'

/** Whatever SQLite lets people do. */
const hurting = `
CREATE TABLE "User" (
  id INTEGER PRIMARY KEY AUTOINCREMENT, email VARCHAR(40) NOT NULL UNIQUE COLLATE NOCASE, "full name" TEXT DEFAULT 'no ''one''',
  active BOOLEAN NOT NULL DEFAULT 1, born DATE, created DATETIME DEFAULT CURRENT_TIMESTAMP, seen TIMESTAMP, wakes TIME,
  settings JSON DEFAULT '{}', token UUID, photo BLOB, balance DECIMAL(10,2) DEFAULT 0.00, score REAL DEFAULT -1.5e3, big BIGINT,
  huge INTEGER, anything, wrong INTEGER, mixed BLOB, unixtime DATETIME, note TEXT DEFAULT (lower('X')), nul TEXT, broken TEXT,
  word TEXT DEFAULT CURRENT_TIMESTAMP, doubled INTEGER GENERATED ALWAYS AS (wrong * 2) STORED /* a comment, with ( */,
  CHECK (length("full name") > 1), CONSTRAINT flags CHECK (active IN (0, 1)),
  CHECK (balance >= -100 AND (born IS NULL OR born >= '0001-01-01')), CHECK (email GLOB '*@*')
);
INSERT INTO "User" (id, email, "full name", active, born, created, seen, wakes, settings, token, photo, balance, score, big, huge, anything, wrong, mixed, unixtime, nul, broken)
VALUES
 (1, 'Ada@x.org', 'Ada "L" ''O''', 1, '1815-12-10', '2024-02-29 03:04:05', '2024-02-29T23:59:59.123456Z', '07:30', '{"b":[1,2.50,1e2],"a":"ä\\u00e9"}',
  '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0', x'00ff10', 10.10, 1e300, 9223372036854775807, -9223372036854775808, 1, 'one', 1, 1700000000, 'a' || char(0) || 'b', CAST(x'61ff' AS TEXT)),
 (7, 'bob@x.org', 'Bob\\', 0, NULL, '2024-01-01T00:00:00.5', '2024-03-01 01:00:00+02:00', '23:59:59.25', ' [ ] ', '00000000-0000-0000-0000-000000000000', zeroblob(100000),
  -99.999, -0.0, -1, 4294967296, 'two', 2, x'0102', 1700000001, 'plain', 'fine'),
 (3, 'émile@x.org', 'Émile 😀', 0, '0001-01-01', NULL, NULL, NULL, 'null', NULL, x'', 123456789012345678, 9e999, 0, 0, 3.5, NULL, 'text', NULL, NULL, NULL);
UPDATE sqlite_sequence SET seq = 4000000000 WHERE name = 'User';
CREATE TABLE tag (name TEXT COLLATE NOCASE PRIMARY KEY, weight SMALLINT, kind) WITHOUT ROWID;
INSERT INTO tag VALUES ('Ä', 1, NULL), ('ä', 2, NULL), ('B', 3, NULL);
CREATE TABLE "user tag" (
  user_id INTEGER REFERENCES "user" ON DELETE CASCADE ON UPDATE SET NULL, tag TEXT REFERENCES tag(NAME), "order" INT,
  at TEXT DEFAULT (datetime('now')), PRIMARY KEY (user_id, tag, "order"), FOREIGN KEY (user_id) REFERENCES nowhere(id)
);
INSERT INTO "user tag" VALUES (1, 'Ä', 1, 'x'), (1, 'Ä', 2, 'x'), (7, 'B', 1, 'y'), (99, 'B', 1, 'orphan');
CREATE TABLE nullkey (a TEXT, b TEXT, PRIMARY KEY (a, b)); INSERT INTO nullkey VALUES (NULL, 'x'), (NULL, 'x'), ('a', 'b');
CREATE TABLE empty (flag BOOL, day DATE, at TIMESTAMPTZ, j JSONB, n NUMERIC, x VARCHAR(0x3), s STRING, z);
CREATE TABLE clock (id INTEGER PRIMARY KEY, mixed DATETIME, text_days DATE, amount NUMERIC);
INSERT INTO clock VALUES (-5, '2024-01-01', 'tomorrow', 1), (-4, '2024-01-01 10:00', '2024-02-30', 2.5), (-3, NULL, NULL, 9007199254740993);
CREATE TABLE many (id INTEGER PRIMARY KEY, body TEXT, deleted BOOLEAN DEFAULT FALSE, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12001)
INSERT INTO many SELECT i, 'line ' || i || char(10) || char(9) || '\\N', i % 2, i / 3.0 FROM n;
CREATE INDEX alive ON many (body DESC, price) WHERE deleted = 0;
CREATE UNIQUE INDEX by_lower ON many (lower(body), id) WHERE deleted = 0 AND price > 1;
CREATE INDEX tag_weight ON tag (weight); CREATE UNIQUE INDEX email_again ON "User" (email COLLATE BINARY);
CREATE INDEX odd ON many (printf('%d', id)); CREATE INDEX clock_1 ON many (price); CREATE INDEX empty_idx ON empty (z);
CREATE VIEW seen AS SELECT * FROM many; CREATE TRIGGER t AFTER INSERT ON many BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE found USING fts5(body);
`

test.each([
  ['2024-01-01 00:00:00+15:59', '2023-12-31 08:01:00.000000Z'],
  ['2024-01-01 00:00:00+16:00', undefined],
  ['2024-01-01 00:00:00+05:99', undefined],
  ['0001-01-01 00:00:00+01:00', undefined],
  ['9999-12-31 23:59:59-01:00', undefined],
])('%s is a moment where PostgreSQL has it too', (text, canonical) => {
  expect(readMoment(text)?.canonical.replace('T', ' ')).toBe(canonical)
})

describe.skipIf(long)(`a SQLite file in PostgreSQL${long}`, () => {
  let server: Subject
  let folder: string
  let path: string
  let client: pg.Client
  let url: string

  beforeAll(async () => {
    server = await subject({ version: '17' })
    folder = mkdtempSync(join(tmpdir(), 'isolane-import-'))
    path = join(folder, 'app.db')
    const database = new DatabaseSync(path)
    database.exec('PRAGMA foreign_keys = OFF; PRAGMA journal_mode = WAL')
    database.exec(hurting)
    database.close()
    const lane = await server.lane()
    url = lane.endpoint.url
    client = lane.client
  })

  afterAll(async () => {
    await server?.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  const run = (options: { replace?: boolean; dryRun?: boolean } = {}) =>
    importSqlite({ path, url, replace: false, dryRun: false, signal, ...options })
  const rows = async (text: string) => (await client.query({ text, rowMode: 'array' })).rows

  test('a dry run tells everything, and changes nothing', async () => {
    const report = await run({ dryRun: true })
    expect(report.tables.map(({ name, rows: count }) => [name, count])).toEqual([
      ['User', 3],
      ['clock', 3],
      ['empty', 0],
      ['many', 12_001],
      ['nullkey', 3],
      ['tag', 3],
      ['user tag', 4],
    ])
    expect(report.left).toEqual(['view seen', 'virtual table found', 'trigger t on many'])
    expect(await rows(`SELECT count(*)::int FROM pg_class WHERE relnamespace = 'public'::regnamespace`)).toEqual([[0]])
  })

  test('types are what values are, and what is not as it was is told', async () => {
    const report = await run()
    const table = (name: string) => report.tables.find((each) => each.name === name)
    expect(table('User')).toMatchInlineSnapshot(`
      {
        "name": "User",
        "rows": 3,
        "types": {
          "active": "boolean",
          "anything": "text",
          "balance": "numeric",
          "big": "bigint",
          "born": "date",
          "broken": "bytea",
          "created": "timestamp",
          "doubled": "integer",
          "email": "character varying(40)",
          "full name": "text",
          "huge": "bigint",
          "id": "bigint",
          "mixed": "bytea",
          "note": "text",
          "nul": "bytea",
          "photo": "bytea",
          "score": "double precision",
          "seen": "timestamptz",
          "settings": "jsonb",
          "token": "uuid",
          "unixtime": "bigint",
          "wakes": "time",
          "word": "text",
          "wrong": "text",
        },
        "warnings": [
          "anything holds 1 integer, 1 real, 1 text: it is text now",
          "wrong was declared INTEGER and holds 1 integer, 1 text: it is text now",
          "mixed was declared BLOB and holds 1 integer, 1 text, 1 blob: it is bytea now",
          "unixtime was declared DATETIME and holds 2 integers: it is bigint now",
          "nul was declared TEXT and holds 2 texts (1 with U+0000): it is bytea now",
          "broken was declared TEXT and holds 1 text, 1 of what is no text in its encoding: it is bytea now",
          "email told no capitals from others (NOCASE), and does now: compare lower(email), or make it citext",
          "CHECK (email GLOB *@*) is not there: it has GLOB",
          "note has no default any more: it was lower('X')",
          "doubled is generated (wrong * 2), and holds what it was here: make it generated again",
        ],
      }
    `)
    expect(table('user tag')).toMatchInlineSnapshot(`
      {
        "name": "user tag",
        "rows": 4,
        "types": {
          "at": "text",
          "order": "integer",
          "tag": "text",
          "user_id": "integer",
        },
        "warnings": [
          "the foreign key (user_id) to nowhere is not there: it leads nowhere",
          "the foreign key (user_id) to user holds for new rows only (NOT VALID): some of those that are there lead nowhere",
        ],
      }
    `)
    expect([table('tag'), table('nullkey'), table('empty'), table('clock'), table('many')]).toMatchInlineSnapshot(`
      [
        {
          "name": "tag",
          "rows": 3,
          "types": {
            "kind": "text",
            "name": "text",
            "weight": "smallint",
          },
          "warnings": [
            "name told no capitals from others (NOCASE), and does now: compare lower(name), or make it citext",
          ],
        },
        {
          "name": "nullkey",
          "rows": 3,
          "types": {
            "a": "text",
            "b": "text",
          },
          "warnings": [
            "the primary key (a, b) is a UNIQUE now, as a holds NULL",
          ],
        },
        {
          "name": "empty",
          "rows": 0,
          "types": {
            "at": "timestamptz",
            "day": "date",
            "flag": "boolean",
            "j": "jsonb",
            "n": "numeric",
            "s": "text",
            "x": "text",
            "z": "text",
          },
          "warnings": [],
        },
        {
          "name": "clock",
          "rows": 3,
          "types": {
            "amount": "numeric",
            "id": "integer",
            "mixed": "text",
            "text_days": "text",
          },
          "warnings": [
            "mixed was declared DATETIME and holds 2 texts (not all dates of one form): it is text now",
            "text_days was declared DATE and holds 2 texts (not all dates of one form): it is text now",
          ],
        },
        {
          "name": "many",
          "rows": 12001,
          "types": {
            "body": "text",
            "deleted": "boolean",
            "id": "integer",
            "price": "double precision",
          },
          "warnings": [
            "the index odd is not there: it has the function printf",
          ],
        },
      ]
    `)
  })

  test('the rows are there as they were, and go on from where they ended', async () => {
    expect(
      await rows(`SELECT active, born::text, created::text, seen AT TIME ZONE 'UTC', settings->>'a', balance::text, huge, encode(nul, 'escape'), anything
        FROM "User" WHERE id = 1`),
    ).toEqual([
      [
        true,
        '1815-12-10',
        '2024-02-29 03:04:05',
        expect.anything(),
        'äé',
        '10.1',
        '-9223372036854775808',
        'a\\000b',
        '1',
      ],
    ])
    expect(
      await rows(
        `INSERT INTO "User" (email, "full name") VALUES ('new@x.org', 'New') RETURNING id, active, balance::text, score, "full name"`,
      ),
    ).toEqual([['4000000001', true, '0.00', -1500, 'New']])
    expect(await rows('INSERT INTO clock DEFAULT VALUES RETURNING id')).toEqual([[1]])
    await expect(client.query(`INSERT INTO "User" (email, "full name") VALUES ('ADA@X.ORG', 'New')`)).rejects.toThrow(
      /unique/,
    )
    await expect(client.query(`INSERT INTO "user tag" VALUES (98, 'B', 1)`)).rejects.toThrow(/foreign key/)
    expect(await rows(`DELETE FROM "User" WHERE id = 7 RETURNING id`)).toEqual([['7']])
    expect(await rows(`SELECT count(*)::int FROM "user tag"`)).toEqual([[3]])
    expect(await rows(`SELECT indexdef FROM pg_indexes WHERE tablename = 'many' ORDER BY 1`)).toMatchInlineSnapshot(`
      [
        [
          "CREATE INDEX alive ON public.many USING btree (body DESC, price) WHERE (deleted = false)",
        ],
        [
          "CREATE INDEX clock_1 ON public.many USING btree (price)",
        ],
        [
          "CREATE UNIQUE INDEX by_lower ON public.many USING btree (lower(body), id) WHERE ((deleted = false) AND (price > (1)::double precision))",
        ],
        [
          "CREATE UNIQUE INDEX many_pkey ON public.many USING btree (id)",
        ],
      ]
    `)
  })

  test('tables that are there are left alone, unless they are to be replaced', async () => {
    await expect(run()).rejects.toThrow(/has tables of the same name: User, clock.*--replace.*MIGRATE_FAILED/)
    const before = await rows('SELECT count(*)::int FROM many')
    await client.query('CREATE VIEW depends AS SELECT * FROM many')
    await expect(run({ replace: true })).rejects.toThrow(/did not take.*depend/)
    expect(await rows('SELECT count(*)::int FROM many')).toEqual(before)
    await client.query('DROP VIEW depends')
    expect((await run({ replace: true })).replaced).toHaveLength(7)
  })

  test('one value that the server has changed undoes everything', async () => {
    const admin = await server.admin(new URL(url).pathname.slice(1))
    await admin.query(`
      CREATE FUNCTION public.spoil() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.id = 12000 THEN NEW.body := NEW.body || ' '; END IF; RETURN NEW; END $$;
      CREATE FUNCTION public.spoil_later() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.many') THEN
          CREATE TRIGGER spoil BEFORE INSERT ON public.many FOR EACH ROW EXECUTE FUNCTION public.spoil();
        END IF; END $$;
      CREATE EVENT TRIGGER spoil_later ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.spoil_later()`)
    await client.query('DELETE FROM many WHERE id > 10')
    await expect(run({ replace: true })).rejects.toThrow(/in the table many is not what was in it \(12001 rows.*12001/)
    expect(await rows('SELECT count(*)::int FROM many')).toEqual([[10]])
    await admin.query('DROP EVENT TRIGGER spoil_later')
  })

  test('what is no SQLite database is refused', async () => {
    const other = { url, replace: false, dryRun: false, signal }
    await expect(importSqlite({ ...other, path: join(folder, 'none.db') })).rejects.toThrow(/there is no such file/)
    await expect(importSqlite({ ...other, path: import.meta.filename })).rejects.toThrow(/file is not a database/)
    await expect(importSqlite({ ...other, path, url: 'postgres://x:y@127.0.0.1:1/z' })).rejects.toThrow(/ECONNREFUSED/)
  })
})
