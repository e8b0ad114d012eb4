import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runtimes } from '../../src/builtin.ts'
import { reportLines } from '../../src/cli/migrations/lines.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import type { ServiceDefinition } from '../../src/core/contracts.ts'
import { silent } from '../../src/core/report.ts'
import type { Step } from '../../src/core/template-steps.ts'
import type { Tool } from '../../src/migrations-test/migrations.ts'
import type { MigrationsReport } from '../../src/migrations-test/report.ts'
import { testMigrations } from '../../src/migrations-test/test-migrations.ts'
import { neo4j } from '../../src/services/neo4j/index.ts'
import { postgres } from '../../src/services/postgres/index.ts'
import { sqlite } from '../../src/services/sqlite/index.ts'
import { long } from '../long.ts'
import { postgresMigrations, sqliteTool, tool } from './project.ts'

const root = mkdtempSync(join(tmpdir(), 'isolane-migrations-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
}

function run(
  services: Readonly<Record<string, ServiceDefinition>>,
  rows: number,
  tool?: Tool,
): Promise<MigrationsReport> {
  const config = resolveConfig({ services, env: ({ redis }) => ({ OTHERS: String(redis?.url) }) }, root)
  const { signal } = new AbortController()
  return testMigrations({ config, runtimes, rows, report: silent, signal, ...(tool ? { tool } : {}) })
}

/** Three databases, and many programs. */
const patient = { timeout: 180_000 }

const steps = { version: '17', migrations: './migrations', port: 5432 } as const

describe.skipIf(long)(`files${long}`, () => {
  let report: MigrationsReport
  const result = (name: string) => report.migrations.find((each) => each.name.startsWith(name))
  const texts = (name: string) =>
    result(name)?.findings.map(({ kind, text }) => `${kind}: ${text.replaceAll(/\d+ ms/g, '? ms')}`)

  beforeAll(async () => {
    write(postgresMigrations)
    report = await run({ postgres: postgres(steps) }, 200)
  })

  test('every table has its rows, but one that has no known values', () => {
    expect(report.unfilled).toEqual([
      { table: 'public.shapes', reason: 'no value is known for snapshot (txid_snapshot)' },
    ])
  })

  test('each is told: what it keeps, whether it gives the same again, and whether its down migration takes it back', () => {
    expect(report.migrations.map(({ name, repeatable, down, data }) => [name, repeatable, down, data])).toEqual([
      ['01_people.sql', 'yes', 'restores', 'kept'],
      ['02_index.sql', 'yes', 'restores', 'kept'],
      ['03_rewrite.sql', 'yes', 'none', 'kept'],
      ['04_rename.sql', 'yes', 'none', 'changed'],
      ['05_half.sql', 'yes', 'differs', 'lost'],
      ['06_fewer.sql', 'yes', 'none', 'lost'],
      ['07_random.sql', 'no', 'none', 'kept'],
      ['08_nulls.sql', 'unknown', 'unknown', 'unknown'],
    ])
    expect([report.passed, report.firstLoss]).toEqual([false, '05_half.sql'])
    expect(reportLines(report).at(-1)).toBe(
      'The first that loses data: 05_half.sql (public.people.note is gone, with 180 values).',
    )
  })

  test('locks, and tables that are written anew', () => {
    const blocking = result('02')?.locks.filter(({ blocks }) => blocks !== 'nothing')
    expect(blocking).toEqual([])
    expect(result('03')?.rewritten).toEqual(['public.orders'])
    expect(result('03')?.locks[0]).toMatchObject({ table: 'public.orders', mode: 'AccessExclusiveLock' })
    expect(texts('03')).toEqual([
      'lock: writes public.orders (200 rows, ? ms) anew, and blocks reads and writes meanwhile',
      'lock: blocks writes on public.people (200 rows, ? ms) by ShareLock',
    ])
  })

  test('what is renamed or moved is no loss, and other values are a change', () => {
    expect(texts('04')).toEqual(['change: public.people.price has other values'])
  })

  test('what is lost, what a down migration leaves behind, what is another thing each time', () => {
    expect(result('05')?.findings).toContainEqual({
      kind: 'down',
      text: 'its down migration does not give the schema that was there before',
      details: ['+ column public.extra.id integer', '+ table public.extra'],
    })
    expect(texts('06')).toEqual([expect.stringMatching(/^loss: public.likes has lost \d+ of 200 rows$/)])
    expect(texts('07')).toEqual(['repeat: is not the same a second time'])
  })

  test('one that fails on data, with its line; those behind it are not run', () => {
    const [failure, note] = result('08')?.findings ?? []
    expect(failure?.text).toMatch(
      /^fails: .*08_nulls\.sql:3 failed: column "born" of relation "people" contains null values$/,
    )
    expect(failure?.details).toContain('SQLSTATE 23502')
    expect(note?.text).toBe('on an empty database it works: it is the data that it fails on')
  })
})

test.skipIf(long)(
  `a tool takes one step at a time, and what it writes down is left to it${long}`,
  patient,
  async () => {
    write({ 'tool.mjs': tool(pathToFileURL(join(import.meta.dirname, '../../node_modules/pg/lib/index.js')).href) })
    const services = { postgres: postgres({ version: '17', migrations: { command: 'node tool.mjs up' } }) }
    await expect(run(services, 10)).rejects.toThrow(/run by the command `node tool.mjs up`, all at once: give .*--up/)
    const report = await run(services, 10, { up: 'node tool.mjs up', down: 'node tool.mjs down' })
    expect(report.migrations.map(({ name, repeatable, down, data }) => [name, repeatable, down, data])).toEqual([
      ['20240101_people.js', 'yes', 'restores', 'kept'],
      ['20240102_age.js', 'yes', 'restores', 'kept'],
      ['20240103_none.js', 'yes', 'restores', 'kept'],
      ['20240104_name.js', 'yes', 'fails', 'lost'],
    ])
    const failure = report.migrations[3]?.findings.find(({ kind }) => kind === 'down')
    expect(failure?.text).toBe('its down migration fails: `node tool.mjs down` failed (exit code 1)')
    expect(failure?.details?.join()).toContain('column "broken" does not exist')
  },
)

test.skipIf(long)(
  `Postgres: what templates refuse fails here, and a column that replaces another is no loss${long}`,
  patient,
  async () => {
    write({
      'replace/1_big.sql': 'CREATE TABLE big (id int PRIMARY KEY, n int, note text, much int);',
      'replace/2_expand.sql':
        'ALTER TABLE big ADD COLUMN name text; CREATE TABLE notes (id int PRIMARY KEY, note text);',
      'replace/3_contract.sql': `UPDATE big SET name = n WHERE name IS NULL; ALTER TABLE big DROP COLUMN n;
        INSERT INTO notes SELECT id, note FROM big; ALTER TABLE big DROP COLUMN note;`,
      'replace/4_same.sql': 'ALTER TABLE big ALTER much TYPE text USING 0;',
      'replace/5_lock.sql': 'LOCK TABLE big;',
    })
    const report = await run({ postgres: postgres({ version: '17', migrations: './replace' }) }, 100)
    expect(reportLines(report).filter((line) => /^[✗!]/.test(line))).toEqual([
      '✗ 4_same.sql: loses data: public.big.much has only 1 of 90 different values left',
      expect.stringMatching(/^! 4_same.sql: writes public.big /),
      expect.stringMatching(/^✗ 5_lock.sql: fails: .*LOCK TABLE can only be used in transaction blocks$/),
    ])
  },
)

describe.skipIf(long)(`SQLite${long}`, patient, () => {
  const files = (folder: string, seed?: Step) =>
    run({ files: sqlite({ migrations: folder, ...(seed === undefined ? {} : { seed }) }) }, 20)

  test('a down migration that forgets keys and conditions does not restore', async () => {
    const table = (rest: string, last = '') =>
      `CREATE TABLE child (id INTEGER PRIMARY KEY, code TEXT${rest}, parent INT${last});`
    write({
      'forget/1_tables.sql': `CREATE TABLE parent (id INTEGER PRIMARY KEY);
        ${table(` UNIQUE CHECK (code <> ')')`, ' REFERENCES parent (id) ON DELETE CASCADE')}`,
      'forget/2_less.up.sql': 'SELECT 1;',
      'forget/2_less.down.sql': `ALTER TABLE child RENAME TO old; ${table('')} INSERT INTO child SELECT * FROM old; DROP TABLE old;`,
    })
    const report = await files('./forget')
    expect(report.migrations[1]?.findings[0]?.details).toEqual([
      "- check of child: (code<>')')",
      '- foreign key child (parent) to parent (id)',
      '- unique key child (code BINARY)',
    ])
  })

  test('one table that can not be filled costs the others nothing, nor does one without row numbers', async () => {
    write({
      'odd/1_odd.sql': `CREATE TABLE odd (a TEXT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID;
        CREATE TABLE strict (id INTEGER PRIMARY KEY, n INT); CREATE TABLE other (id INTEGER PRIMARY KEY, note TEXT);`,
      'odd/2_add.sql': `ALTER TABLE odd ADD COLUMN note TEXT; ALTER TABLE strict ADD COLUMN m INT;
        CREATE TRIGGER refuse BEFORE UPDATE ON strict BEGIN SELECT raise(ABORT, 'never'); END;`,
      'odd/3_lose.sql': 'UPDATE other SET note = 1; ALTER TABLE odd DROP COLUMN note;',
    })
    const report = await files('./odd')
    expect(report.unfilled).toEqual([{ table: 'strict', reason: 'a column stays empty: never' }])
    expect(reportLines(report).filter((line) => /^[✗!]/.test(line))).toEqual([
      '✗ 3_lose.sql: loses data: odd.note is gone, with 18 values',
      '✗ 3_lose.sql: loses data: other.note has only 1 of 18 different values left',
    ])
  })

  test('a column and a table that replace others are no loss', async () => {
    write({
      'instead/1_big.sql': 'CREATE TABLE big (id INTEGER PRIMARY KEY, n INT, note TEXT, much INT);',
      'instead/2_expand.sql':
        'ALTER TABLE big ADD COLUMN name TEXT; CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT);',
      'instead/3_contract.sql': `UPDATE big SET name = n WHERE name IS NULL; ALTER TABLE big DROP COLUMN n;
        INSERT INTO notes SELECT id, note FROM big; ALTER TABLE big DROP COLUMN note;`,
      'instead/4_more.sql': 'UPDATE big SET much = much + 1;',
    })
    expect(reportLines(await files('./instead')).at(-1)).toBe('None loses data; 1 changes values.')
  })

  test('the seed is run as templates run it, whatever it is', async () => {
    write({ 'seeded/1_one.sql': 'CREATE TABLE one (id INTEGER PRIMARY KEY);', 'none/README.md': '' })
    await expect(files('./seeded', './missing.sql')).rejects.toThrow(/seed path .*missing.sql does not exist/)
    await expect(files('./seeded', './none')).rejects.toThrow(/none holds no \.sql files/)
    const seed = ({ lane }: { readonly lane: { readonly url: string } }) => {
      throw new Error(`no good for ${lane.url.slice(0, 5)}`)
    }
    expect((await files('./seeded', seed)).seed?.text).toMatch(
      /fails on what the migrations make: .* threw: no good for file:/,
    )
  })

  test('a tool goes on after a step that changes nothing else, and ends when it says so at last', async () => {
    write({ 'sqlite-tool.mjs': sqliteTool })
    const services = { files: sqlite() }
    const report = await run(services, 10, { up: 'node sqlite-tool.mjs' })
    expect(report.migrations.map(({ name, data }) => [name, data])).toEqual([
      ['1_one.js', 'kept'],
      ['2_none.js', 'kept'],
      ['3_two.js', 'kept'],
    ])
    expect([report.passed, report.ending]).toEqual([true, 'error: no change'])
    const broken = await run(services, 10, { up: 'echo "could not connect; nothing to do"; exit 3' })
    expect([broken.passed, broken.migrations.length]).toEqual([false, 1])
    await expect(run(services, 10, { up: 'node --version' })).rejects.toThrow(
      /`node --version` changed nothing in the lane's database: have it connect to what its environment names: /,
    )
  })
})

test('SQLite: a table that is rebuilt without one of its columns', async () => {
  write({
    'sql/1_users.sql': `CREATE TABLE users (id INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('new', 'old')), note TEXT);
      CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES users (id));`,
    'sql/1_users.down.sql': 'DROP TABLE orders; DROP TABLE users;',
    'sql/2_rebuild.sql': `PRAGMA foreign_keys = OFF; CREATE TABLE next (id INTEGER PRIMARY KEY, state TEXT NOT NULL);
      INSERT INTO next SELECT id, state FROM users; DROP TABLE users; ALTER TABLE next RENAME TO users;`,
    'sql/3_index.sql': '-- migrate:up\nCREATE INDEX states ON users (state);\n-- migrate:down\nSELECT 1;',
    'seed.sql': "INSERT INTO users (id, note) VALUES (1, 'no such column any more');",
  })
  const report = await run({ files: sqlite({ migrations: './sql', seed: './seed.sql' }) }, 20)
  expect(reportLines(report).filter((line) => /^[✗!]|^The/.test(line))).toEqual([
    '✗ 2_rebuild.sql: loses data: users.note is gone, with 18 values',
    '✗ 3_index.sql: its down migration does not give the schema that was there before',
    expect.stringMatching(
      /^✗ files: the seed fails on what the migrations make: .*seed.sql:1 failed: .*no column named note/,
    ),
    'The first that loses data: 2_rebuild.sql (users.note is gone, with 18 values).',
  ])
  expect([report.unfilled, report.migrations.map(({ down }) => down)]).toEqual([[], ['restores', 'none', 'differs']])
})

test.skipIf(long)(`Neo4j: properties are what columns are elsewhere${long}`, patient, async () => {
  write({
    'graph/1_person.cypher': `CREATE CONSTRAINT person FOR (p:Person) REQUIRE p.id IS UNIQUE;
      CREATE INDEX names FOR (p:Person) ON (p.name);`,
    'graph/1_person.down.cypher': 'DROP CONSTRAINT person;',
    'graph/2_nick.cypher': 'MATCH (p:Person) SET p.nick = toUpper(p.name), p.id = p.id + "!";',
    'graph/2_nick.down.cypher': 'MATCH (p:Person) REMOVE p.nick;',
    'graph/3_lose.cypher': 'MATCH (p:Person) REMOVE p.name;',
    'graph/4_broken.cypher': '\nMATCH nonsense;',
  })
  const report = await run({ neo4j: neo4j({ migrations: './graph' }) }, 20)
  expect(report.unfilled).toEqual([])
  expect(report.migrations.map(({ name, repeatable, down, data }) => [name, repeatable, down, data])).toEqual([
    ['1_person.cypher', 'yes', 'differs', 'kept'],
    ['2_nick.cypher', 'yes', 'restores', 'changed'],
    ['3_lose.cypher', 'yes', 'none', 'lost'],
    ['4_broken.cypher', 'unknown', 'unknown', 'unknown'],
  ])
  expect(report.migrations[2]?.findings.map(({ text }) => text)).toEqual(['(:Person).name is gone, with 20 values'])
  expect(report.migrations[3]?.findings.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^fails: .*4_broken.cypher:2 failed: /),
  ])
})
