/** Which databases `isolane init` lets a migration tool reach: those alone that the environment names. */
import { expect, test } from 'vitest'
import { connectionVariables } from '../../src/cli/init/connection.ts'
import { exported, objectBehind } from '../../src/cli/init/exported.ts'
import { valueAt } from '../../src/cli/init/objects.ts'
import { Source } from '../../src/cli/init/source.ts'

function variablesOf(connection: string, above = '') {
  const source = new Source(`${above}\nexport default { connection: ${connection} }\n`)
  return connectionVariables(source, valueAt(objectBehind(source, exported(source)?.expression), 'connection'))
}

test.each([
  ['process.env.DATABASE_URL', {}],
  ['process.env.DATABASE_URL!', {}],
  ["process.env['DATABASE_URL'] ?? 'postgres://localhost/dev'", {}],
  ["process.env.TEST_DATABASE_URL || 'postgres://localhost/dev'", { TEST_DATABASE_URL: 'DATABASE_URL' }],
  ['CI ? process.env.APP_DB_URL : process.env.DATABASE_URL', { APP_DB_URL: 'DATABASE_URL' }],
  ['{ connectionString: process.env.DATABASE_URL, ssl: false }', {}],
  ['() => ({ url: process.env.DATABASE_URL })', {}],
  ['{ host: process.env.PGHOST, port: +process.env.PGPORT, database: process.env.PGDATABASE }', {}],
  [
    "{ host: process.env.DB_HOST ?? 'localhost', port: Number(process.env.DB_PORT ?? 5432), database: process.env.DB_NAME, user: process.env.DB_USER, password: 'x' }",
    { DB_HOST: 'PGHOST', DB_PORT: 'PGPORT', DB_NAME: 'PGDATABASE', DB_USER: 'PGUSER' },
  ],
  [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code
    '`postgres://me:secret@${process.env.DB_HOST}:${process.env.DB_PORT}/${process.env.DB_NAME}`',
    { DB_HOST: 'PGHOST', DB_PORT: 'PGPORT', DB_NAME: 'PGDATABASE' },
  ],
])('from the environment: %s', (connection, more) => {
  expect(variablesOf(connection)).toEqual(more)
})

test('names of the same file are looked up', () => {
  expect(variablesOf('{ url }', 'const url = process.env.DATABASE_URL')).toEqual({})
  expect(variablesOf('url', "let url = process.env.DATABASE_URL\nurl = 'postgres://db.internal/shop'")).toBeUndefined()
  expect(variablesOf('env.DATABASE_URL', "import { env } from 'node:process'")).toEqual({})
  expect(variablesOf("env('DATABASE_URL')", "import { env } from 'prisma/config'")).toEqual({})
  expect(variablesOf("env('DATABASE_URL')", "const env = () => 'postgres://db.internal/shop'")).toBeUndefined()
  expect(variablesOf('env.DATABASE_URL', "const env = { DATABASE_URL: 'postgres://db.internal/shop' }")).toBeUndefined()
})

test.each([
  "'postgres://localhost/dev'",
  "process.env.CI ? process.env.DATABASE_URL : 'postgres://localhost/dev'",
  "'postgres://localhost/dev' || process.env.DATABASE_URL",
  'process.env.CI && process.env.DATABASE_URL',
  'process.env.SOMETHING ?? process.env.DATABASE_URL',
  'urlFor(process.env.DATABASE_URL)',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: code
  '`postgres://${process.env.DB_USER}@db.internal:5432/${process.env.DB_NAME}`',
  "{ host: 'db.internal', user: process.env.DB_USER, password: process.env.DB_PASSWORD, database: process.env.DB_NAME }",
  "{ host: 'db.internal', port: process.env.DB_PORT, database: process.env.DB_NAME }",
  '{ host: process.env.DB_HOST, port: 5432, database: process.env.DB_NAME }',
  "{ host: process.env.DB_HOST, port: process.env.DB_PORT, database: 'shop' }",
  '{ host: process.env.DB_NAME, port: process.env.DB_PORT, database: process.env.DB_HOST }',
  "{ url: 'postgres://localhost/dev', user: process.env.DB_USER }",
  '{ ...shared, url: process.env.DATABASE_URL }',
  '{}',
])('from elsewhere, at least in part: %s', (connection) => {
  expect(variablesOf(connection)).toBeUndefined()
})

test('a config that sets the variables itself, or has a .env file do so, is not trusted', () => {
  const url = 'process.env.DATABASE_URL'
  expect(variablesOf(url, "process.env.DATABASE_URL = 'postgres://localhost/dev'")).toBeUndefined()
  expect(variablesOf(url, "process.env.DATABASE_URL ??= 'postgres://localhost/dev'")).toEqual({})
  expect(variablesOf(url, "import { config } from 'dotenv'\nconfig({ override: true })")).toBeUndefined()
  expect(variablesOf(url, "import 'dotenv/config'")).toEqual({})
})
