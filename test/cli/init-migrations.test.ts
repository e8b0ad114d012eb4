/** What makes the schema, as the config that `isolane init` writes says it. */
import { expect, test } from 'vitest'
import { readManifest } from '../../src/cli/init/manifest.ts'
import { recogniseMigrations } from '../../src/cli/init/migrations/index.ts'
import { ProjectFiles } from '../../src/cli/init/project-files.ts'
import { initialised, packageJson } from './init-project.ts'
import { Sandbox } from './sandbox.ts'

const sql = { 'migrations/1.sql': 'CREATE TABLE book ();\n' }

async function configFor(
  files: Readonly<Record<string, string>>,
  scripts: Readonly<Record<string, string>> = { test: 'vitest run' },
  dependencies: readonly string[] = [],
) {
  const all = ['isolane', 'vitest', 'pg', ...dependencies]
  const { read, stderr } = await initialised({
    'package.json': packageJson(scripts, all, { type: 'module' }),
    ...files,
  })
  const manifest = JSON.parse(read('package.json') ?? '') as { scripts: Record<string, string> }
  return { config: read('isolane.config.js') ?? '', stderr, scripts: manifest.scripts }
}

const prisma = {
  'prisma/schema.prisma': 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n',
  'prisma/migrations/1_books/migration.sql': '',
}

test('Prisma: its command, and scripts no longer migrate', async () => {
  const { config, scripts, stderr } = await configFor(prisma, {
    build: 'tsc && prisma generate',
    'db:reset': 'dotenv -e .env.test -- npx prisma migrate reset --force',
    pretest: 'npm run db:reset',
    test: 'prisma generate && npx prisma db push --accept-data-loss && vitest run',
    'test:e2e': 'docker compose up -d && prisma migrate deploy; vitest run e2e',
    'test:db': 'prisma migrate deploy',
  })
  expect(config).toContain("migrations: { command: 'npx prisma migrate deploy', inputs: ['prisma'] }")
  expect(scripts).toEqual({
    build: 'tsc && prisma generate',
    'db:reset': 'dotenv -e .env.test -- npx prisma migrate reset --force',
    test: 'prisma generate && vitest run',
    'test:e2e': 'docker compose up -d && prisma migrate deploy; vitest run e2e',
    'test:db': 'prisma migrate deploy',
    'isolane:up': 'isolane up',
    'isolane:down': 'isolane down',
  })
  expect(stderr).toMatch(/"test:e2e" starts containers/)
  expect(stderr).toMatch(/"test:e2e" still migrates a database/)
})

test('Prisma: the places and variables of its config, its seed, and other package managers', async () => {
  const { config } = await configFor(
    {
      'database/schema/main.prisma': 'datasource db {\n  provider = "postgresql"\n}\n',
      'database/schema/book.prisma': 'model Book { id Int @id }\n',
      'database/changes/1_books/migration.sql': '',
      'prisma.config.ts': `import { defineConfig, env } from 'prisma/config'
export default defineConfig({
  schema: './database/schema',
  migrations: { path: './database/changes' },
  datasource: { url: env('APP_DATABASE_URL'), shadowDatabaseUrl: env('SHADOW_DATABASE_URL') },
})
`,
      'pnpm-lock.yaml': '',
    },
    { pretest: 'prisma migrate deploy && prisma db seed', test: 'vitest run' },
  )
  expect(config).toBe(`import { execSync } from 'node:child_process'
import { defineStack, postgres } from 'isolane'

export default defineStack({
  services: {
    postgres: postgres({
      migrations: {
        run: ({ env }) =>
          execSync('pnpm exec prisma migrate deploy', {
            cwd: import.meta.dirname,
            env: { ...process.env, ...env, APP_DATABASE_URL: env.DATABASE_URL },
            stdio: 'pipe',
          }),
        inputs: ['database', 'prisma.config.ts'],
      },
      seed: {
        run: ({ env }) =>
          execSync('pnpm exec prisma db seed', {
            cwd: import.meta.dirname,
            env: { ...process.env, ...env, APP_DATABASE_URL: env.DATABASE_URL },
            stdio: 'pipe',
          }),
        inputs: ['database', 'prisma.config.ts'],
      },
    }),
  },
  env: (lane) => ({
    APP_DATABASE_URL: lane.postgres.url,
  }),
})
`)
})

test('Prisma: without migrations the schema is pushed; a database that is named in the schema is nobody’s to migrate', async () => {
  const [pushed, fixed] = await Promise.all([
    configFor({ 'prisma/schema.prisma': prisma['prisma/schema.prisma'] }),
    configFor({
      ...prisma,
      'prisma/schema.prisma': 'datasource db {\n  provider = "postgresql"\n  url = "postgres://localhost/dev"\n}\n',
    }),
  ])
  expect(pushed.config).toContain("command: 'npx prisma db push', inputs: ['prisma']")
  expect(fixed.config).toContain('postgres: postgres(),')
  expect(fixed.stderr).toMatch(/prisma\/schema\.prisma does not take the database's URL from the environment/)
})

test('Drizzle: its command, so that its own record of migrations is there', async () => {
  const drizzle = `import { defineConfig } from 'drizzle-kit'
export default defineConfig({ dialect: 'postgresql', out: './db/out', dbCredentials: { url: process.env.DATABASE_URL! } })
`
  const files = { 'drizzle.config.ts': drizzle, 'db/out/0000_books.sql': 'CREATE TABLE book ();\n' }
  const { config, scripts } = await configFor(files, { test: 'drizzle-kit migrate && vitest run' })
  expect(config).toContain(
    "migrations: { command: 'npx drizzle-kit migrate', inputs: ['db/out', 'drizzle.config.ts'] }",
  )
  expect(scripts.test).toBe('vitest run')
})

test('Knex: its command for the environment of tests, and its seeds where the tests had them', async () => {
  const knexfile = `export default {
  development: { client: 'pg', connection: 'postgres://localhost/dev' },
  test: {
    client: 'pg',
    connection: { host: process.env.DB_HOST, port: process.env.DB_PORT, database: process.env.DB_NAME },
    migrations: { directory: './db/migrations' },
    seeds: { directory: './db/seeds' },
  },
}
`
  const files = { 'knexfile.js': knexfile, 'db/migrations/1_books.js': '', 'db/seeds/books.js': '' }
  const scripts = { pretest: 'NODE_ENV=test knex migrate:latest && knex seed:run --env test', test: 'vitest run' }
  const own = { '.env.test': 'DB_HOST=localhost\nDB_PORT=5432\nDB_NAME=shop\nDB_PASSWORD="secret word"\n' }
  const { config, ...rest } = await configFor({ ...files, ...own }, scripts)
  expect(config).toContain("execSync('npx knex migrate:latest --env test', {")
  expect(config).toContain("execSync('npx knex seed:run --env test', {")
  expect(config).toContain('DB_HOST: env.PGHOST, DB_PORT: env.PGPORT, DB_NAME: env.PGDATABASE }')
  expect(config).toContain("inputs: ['db/seeds', 'knexfile.js']")
  expect(config).toContain(`  env: (lane) => ({
    DB_HOST: lane.postgres.host,
    DB_PORT: String(lane.postgres.port),
    DB_NAME: lane.postgres.database,
    DB_PASSWORD: lane.postgres.password,
  }),`)
  expect(config).not.toContain('secret')
  expect(rest.scripts).not.toHaveProperty('pretest')

  const fixed = await configFor({ ...files, 'knexfile.js': "export default { client: 'pg', connection: 'shop' }\n" })
  expect(fixed.config).toContain('postgres: postgres(),')
  expect(fixed.stderr).toMatch(/it can't be told from knexfile\.js/)
})

test.each([
  [
    'the knexfile, in part',
    {
      'knexfile.js': `module.exports = {
  client: 'pg',
  connection: { host: 'db.internal', user: process.env.DB_USER, password: process.env.DB_PASSWORD, database: process.env.DB_NAME },
}
`,
      'migrations/1_books.js': '',
    },
    /it can't be told from knexfile\.js/,
  ],
  [
    "Drizzle's config, on CI only",
    {
      'drizzle.config.ts':
        "export default { dialect: 'postgresql', dbCredentials: { url: process.env.CI ? process.env.DATABASE_URL : 'postgres://localhost/dev' } }\n",
      'drizzle/0000_books.sql': '',
    },
    /drizzle\.config\.ts does not take the database's URL, or its host, port and name, from the environment alone/,
  ],
  [
    'the knexfile, changed later',
    {
      'knexfile.js': `module.exports = { client: 'pg', connection: process.env.DATABASE_URL }
module.exports.connection = 'postgres://db.internal/shop'
`,
      'migrations/1_books.js': '',
    },
    /it can't be told from knexfile\.js/,
  ],
  [
    "Prisma's adapter",
    { ...prisma, 'prisma.config.ts': 'export default { adapter: async () => new PrismaPg({ url }) }\n' },
    /prisma\.config\.ts does not take the database's URL from the environment/,
  ],
  [
    "Prisma's config, which takes a .env file's values",
    {
      ...prisma,
      'prisma.config.ts': "import { config } from 'dotenv'\nconfig({ override: true })\nexport default {}\n",
    },
    /prisma\.config\.ts does not take the database's URL from the environment/,
  ],
  [
    "Prisma's directUrl",
    {
      ...prisma,
      'prisma/schema.prisma': prisma['prisma/schema.prisma'].replace(
        '}',
        '  directUrl = "postgres://localhost/dev"\n}',
      ),
    },
    /prisma\/schema\.prisma does not take the database's URL from the environment/,
  ],
])('a database that does not come from the environment is nobody’s to migrate: %s', async (_, files, wanted) => {
  await using sandbox = new Sandbox({ files })
  const project = new ProjectFiles(sandbox.root)
  const found = recogniseMigrations(project, readManifest(project))
  expect(found).toMatchObject({ advice: expect.stringMatching(wanted) })
  expect(found).not.toHaveProperty('migrations')
})

test.each([
  ['a folder', sql, './migrations'],
  [
    'a folder in its usual place',
    { 'db/migrations/V1__books.sql': '', 'db/migrations/V2__more.sql': '' },
    './db/migrations',
  ],
  ['one file', { 'db/schema.sql': '' }, './db/schema.sql'],
])('plain SQL: %s', async (_, files, path) => {
  expect((await configFor(files)).config).toContain(`postgres: postgres({ migrations: '${path}' }),`)
})

test.each([
  ['ways back', { 'migrations/1_a.up.sql': '', 'migrations/1_a.down.sql': '' }, /migrations can't be run as plain SQL/],
  [
    'dbmate',
    { 'db/migrations/1.sql': '-- migrate:up\n\n-- migrate:down\n' },
    /command: 'dbmate up', inputs: \['db\/migrations'\]/,
  ],
  ['goose', { 'migrations/1.sql': '-- +goose Up\n' }, /goose -dir migrations postgres "\$DATABASE_URL" up/],
])('SQL with %s is not plain, and what to do is said', async (_, files, wanted) => {
  const { config, stderr } = await configFor(files)
  expect(config).toContain('postgres: postgres(),')
  expect(stderr).toMatch(wanted)
})

test('tools whose migrations are code are named', async () => {
  const { stderr } = await configFor(sql, { test: 'vitest' }, ['typeorm'])
  expect(stderr).toMatch(/typeorm makes the schema: set `migrations: \{ command: 'npx typeorm migration:run/)
})
