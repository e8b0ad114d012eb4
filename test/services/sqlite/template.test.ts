import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silent } from '../../../src/core/report.ts'
import { type SqliteOptions, sqlite } from '../../../src/services/sqlite/index.ts'
import { connect, Ground, laneId, names, open } from './fixture.ts'

let ground: Ground

beforeEach(() => {
  ground = new Ground()
})

afterEach(() => ground[Symbol.dispose]())

const schema = 'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);'

/** The names in a lane made with these options. */
async function namesWith(options: SqliteOptions): Promise<unknown[]> {
  await using opened = await open(ground, options)
  using database = connect(await opened.session.createLane(laneId(1)))
  return names(database)
}

test('files of a folder run in the order of their numbers, then the seed', async () => {
  mkdirSync(join(ground.root, 'migrations'))
  ground.write('migrations/1_schema.sql', schema)
  ground.write('migrations/10_late.sql', "INSERT INTO item (name) SELECT name || '!' FROM item;")
  ground.write('migrations/9_early.sql', "INSERT INTO item (name) VALUES ('early');")
  ground.write('seed.sql', "INSERT INTO item (name) VALUES ('seed');")
  expect(await namesWith({ migrations: 'migrations', seed: 'seed.sql' })).toEqual(['early', 'early!', 'seed'])
})

test('triggers, comments, long statements and semicolons in texts are taken as SQLite takes them', async () => {
  const long = 'x'.repeat(10_000)
  ground.write(
    'schema.sql',
    `\ufeff/* ; */ ${schema}
-- a comment; with a semicolon
CREATE TRIGGER doubled AFTER INSERT ON item WHEN NEW.name = 'one;' BEGIN
  INSERT INTO item (name) VALUES ('two');
  INSERT INTO item (name) VALUES ('three');
END;;
PRAGMA user_version = 3;
INSERT INTO item (name) VALUES ('one;'); INSERT INTO item (name) VALUES ('${long}'
) -- no semicolon at the end /*`,
  )
  expect(await namesWith({ migrations: 'schema.sql' })).toEqual(['one;', 'two', 'three', long])
})

test('a function and a command get the address of an empty database', async () => {
  ground.write(
    'seed.mjs',
    `import { DatabaseSync } from 'node:sqlite'
     new DatabaseSync(process.env.SQLITE_FILE).exec("INSERT INTO item (name) VALUES ('by a command')")
     new DatabaseSync(process.env.DATABASE_URL).exec("INSERT INTO item (name) VALUES ('by its URL')")`,
  )
  const migrations: SqliteOptions['migrations'] = ({ lane }) => {
    using database = connect(lane)
    database.exec(schema)
  }
  expect(await namesWith({ migrations, seed: { command: 'node seed.mjs', inputs: ['seed.mjs'] } })).toEqual([
    'by a command',
    'by its URL',
  ])
})

test('what a tool that stays connected has written ahead is part of the template', async () => {
  let stays: DatabaseSync | undefined
  const migrations: SqliteOptions['migrations'] = ({ lane }) => {
    stays = connect(lane)
    stays.exec(`PRAGMA journal_mode = WAL; ${schema} INSERT INTO item (name) VALUES ('in the log')`)
  }
  try {
    expect(await namesWith({ migrations })).toEqual(['in the log'])
  } finally {
    stays?.close()
  }
})

test('a migration that never ends its transaction fails with what to do', async () => {
  let stays: DatabaseSync | undefined
  const migrations: SqliteOptions['migrations'] = ({ lane }) => {
    stays = connect(lane)
    stays.exec(`BEGIN EXCLUSIVE; ${schema}`)
  }
  try {
    await expect(open(ground, { migrations })).rejects.toMatchObject({
      code: 'ISOLANE_TEMPLATE_FAILED',
      message: expect.stringMatching(
        /database of db .* locked: have the migrations and the seed end their transactions/,
      ),
    })
  } finally {
    stays?.close()
  }
})

test('without migrations a lane is an empty database', async () => {
  await using opened = await open(ground, {})
  using database = connect(await opened.session.createLane(laneId(1)))
  expect(database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()).toEqual({ count: 0 })
  database.exec(schema)
  await opened.session.resetLane(laneId(1), { connections: 'keep' })
  expect(database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()).toEqual({ count: 0 })
})

test.each([
  ['a mistake', `${schema}\n\nINSERT INTO itme VALUES (1);\n`, ':3 failed: no such table: itme', 'INSERT INTO itme'],
  ['no SQL at all', `${schema}\nfoo\n`, ':2 failed: near "foo": syntax error', 'foo'],
  [
    'a seed that breaks a rule',
    `${schema} INSERT INTO item VALUES (1, 'a');\nINSERT INTO item VALUES (1, 'b')`,
    ':2 failed: UNIQUE',
    "'b'",
  ],
  ['an unfinished transaction', `BEGIN;\n${schema}`, 'schema.sql failed: it ends without the COMMIT', ''],
])('%s is told with its line, and leaves no template', async (_what, text, message, quoted) => {
  const file = ground.write('schema.sql', text)
  const error = await open(ground, { migrations: 'schema.sql' }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ code: 'ISOLANE_MIGRATION_FAILED', message: expect.stringContaining(file) })
  expect(String(error)).toContain(message)
  expect(String(error)).toContain(quoted)
})

test('the seed is named where it is the seed that fails', async () => {
  ground.write('schema.sql', schema)
  ground.write('seed.sql', 'INSERT INTO missing VALUES (1)')
  await expect(open(ground, { migrations: 'schema.sql', seed: 'seed.sql' })).rejects.toMatchObject({
    code: 'ISOLANE_SEED_FAILED',
    message: expect.stringMatching(/seed\.sql:1 failed: no such table: missing: correct the seed/),
  })
})

test('foreign keys hold in files, unless a file says otherwise', async () => {
  const tables = `${schema} CREATE TABLE part (item INTEGER REFERENCES item (id));`
  ground.write('broken.sql', `${tables} INSERT INTO part VALUES (1);`)
  ground.write(
    'dump.sql',
    `PRAGMA foreign_keys = OFF; ${tables} INSERT INTO part VALUES (1); ${"INSERT INTO item (name) VALUES ('one');"}`,
  )
  await expect(open(ground, { migrations: 'broken.sql' })).rejects.toThrow(/FOREIGN KEY constraint failed/)
  expect(await namesWith({ migrations: 'dump.sql' })).toEqual(['one'])
})

test('until a lane is leased the file can neither be opened nor made room for', () => {
  const { env, nowhere } = sqlite().service
  const { SQLITE_FILE = '', DATABASE_URL = '' } = env(nowhere)
  expect(() => new DatabaseSync(SQLITE_FILE)).toThrow(/unable to open database file/)
  expect(() => new DatabaseSync(DATABASE_URL)).toThrow(/unable to open database file/)
  expect(() => mkdirSync(dirname(SQLITE_FILE), { recursive: true })).toThrow()
})

test('a folder that is shared by two sessions is migrated once', async () => {
  let times = 0
  const { service, options } = sqlite({ migrations: () => (times += 1) })
  const { signal } = new AbortController()
  const context = { name: 'db', root: ground.root, maximumLanes: 4, report: silent, signal }
  const credentials = { username: '', password: '' }
  const instance = await ground.runtime.start(service.spec(options, { ...context, credentials }), { signal })
  const template = await service.template(options, context)
  expect(template.cacheable).toBe(false)
  for (let round = 0; round < 2; round += 1) {
    const session = await service.open(instance, options, context)
    await session.prepare(template)
    await session[Symbol.asyncDispose]()
  }
  expect(times).toBe(1)
  const folder = instance.endpoint.privateFolder ?? ''
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^template-/)])
  await instance[Symbol.asyncDispose]()
  expect(existsSync(folder)).toBe(false)
})

test('a session that has ended starts nothing any more', async () => {
  const opened = await open(ground, {})
  const id = laneId(1)
  await opened.session.createLane(id)
  await opened.session[Symbol.asyncDispose]()
  await expect(opened.session.resetLane(id, { connections: 'keep' })).rejects.toMatchObject({
    code: 'ISOLANE_STACK_CLOSED',
  })
  await opened[Symbol.asyncDispose]()
})

test.each([
  [{ migration: './migrations' }, /sqlite: unknown option "migration"; did you mean "migrations"/],
  [{ migrations: 7 }, /sqlite: option "migrations" is invalid: Expected a path, a function/],
])('options are checked: %o', (options, message) => {
  expect(() => sqlite(options as SqliteOptions)).toThrow(message)
})
