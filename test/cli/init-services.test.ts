import { expect, test } from 'vitest'
import { editScripts } from '../../src/cli/init/package-scripts.ts'
import { withoutSerialFlags } from '../../src/cli/init/serial-flags.ts'
import { initialised, packageJson } from './init-project.ts'

async function init(files: Readonly<Record<string, string>>, dependencies: readonly string[] = []) {
  return initialised({
    'package.json': packageJson({ test: 'vitest run' }, ['vitest', ...dependencies], { type: 'module' }),
    ...files,
  })
}

test('services, their versions and images come from the compose file', async () => {
  const { read, stderr } = await init({
    'docker-compose.yml': `services:
  db:
    image: "pgvector/pgvector:pg16" # vectors
  cache:
    image: docker.io/valkey/valkey:8-alpine
  graph:
    image: neo4j:\${NEO4J_VERSION:-5.26.1-community}
  mails:
    # image: redis:5
    image: rabbitmq:4
`,
  })
  expect(read('isolane.config.js')).toContain(`  services: {
    postgres: postgres({ version: '16', image: 'pgvector/pgvector:pg16' }),
    redis: redis(),
    neo4j: neo4j({ version: '5.26.1' }),
  },`)
  expect(stderr).toContain('docker-compose.yml: rabbitmq:4 can be a service too, by `container()`')
  expect(stderr).toContain('run `npm install -D isolane pg ioredis neo4j-driver`')
})

test('versions that there are no lanes for are not asked for', async () => {
  const { read } = await init({
    'compose.yml': 'services: { }\n  a:\n    image: postgres:9.6\n  b:\n    image: neo4j:4.4\n',
  })
  expect(read('isolane.config.js')).toContain('postgres: postgres(),\n    neo4j: neo4j(),')
})

test('services come from .env files too, whose other names a lane then sets', async () => {
  const { read } = await init({
    '.env':
      'export TEST_DATABASE_URL="postgresql://me:secret@localhost/shop"\nSHADOW_DATABASE_URL=postgres://localhost/shadow\n',
    '.env.test': "CACHE='rediss://:secret@localhost'\nNEO4J_URI=bolt://localhost\nPOSTGRES_PASSWORD=secret\n",
  })
  const config = read('isolane.config.js')
  expect(config).toContain("import { defineStack, neo4j, postgres, redis } from 'isolane'")
  expect(config).toContain(
    '  env: (lane) => ({\n    TEST_DATABASE_URL: lane.postgres.url,\n    CACHE: lane.redis.url,\n  }),\n',
  )
  expect(config).not.toContain('secret')
})

test('code that would take the lane’s place is told', async () => {
  const { stderr } = await init(
    {
      'tests/setup.js': "require('dotenv').config({ path: '.env.test', override: true })\n",
      'tests/migrate.ts': "execFileSync('npx', ['prisma', 'migrate', 'deploy'])\n",
      'jest.global.js': "const { PostgreSqlContainer } = require('@testcontainers/postgresql')\n",
      'scripts/release.js': "execSync('npx prisma migrate deploy')\n",
      'tests/database.ts': "process.env['DATABASE_URL'] = 'postgres://localhost/test'\n",
      'tests/fine.js': "process.env.DATABASE_URL ??= 'x'\nif (process.env.REDIS_URL === 'x') process.env.PORT = '1'\n",
      'node_modules/x/index.js': "process.env.DATABASE_URL = 'x'\n",
    },
    ['pg'],
  )
  expect(stderr).toMatch(/- tests\/database\.ts: it sets DATABASE_URL/)
  expect(stderr).toMatch(/- tests\/setup\.js: dotenv with `override: true`/)
  expect(stderr).toMatch(/- tests\/migrate\.ts: it migrates a database/)
  expect(stderr).toMatch(/- jest\.global\.js: it starts containers/)
  expect(stderr).not.toMatch(/fine|node_modules|release/)
})

test('runners that are too old, or other programs, are told', async () => {
  const [old, other] = await Promise.all([
    init({ 'node_modules/vitest/package.json': '{ "version": "3.1.4" }' }, ['pg']),
    initialised({ 'package.json': packageJson({ test: 'mocha' }, ['pg', 'mocha']) }),
  ])
  expect(old.stderr).toContain('vitest 3.1.4 is too old: Isolane needs Vitest 3.2 or Jest 29, or newer')
  expect(other.stderr).toContain('no Vitest and no Jest was found')
})

test.each([
  ['jest', 'jest --runInBand', 'jest'],
  ['jest', 'NODE_ENV=test npx jest -i --coverage -w 1 && jest -w=1', 'NODE_ENV=test npx jest --coverage && jest'],
  ['jest', 'node --a node_modules/jest/bin/jest.js --maxWorkers=1 e2e', 'node --a node_modules/jest/bin/jest.js e2e'],
  ['jest', 'sed -i s/a/b/ x && jest --maxWorkers 10', 'sed -i s/a/b/ x && jest --maxWorkers 10'],
  ['jest', 'jest --maxWorkers=50%', 'jest --maxWorkers=50%'],
  [
    'jest',
    'node --inspect-brk node_modules/.bin/jest --runInBand',
    'node --inspect-brk node_modules/.bin/jest --runInBand',
  ],
  ['jest', 'jest -t "press -i now" -i', 'jest -t "press -i now"'],
  ['jest', "jest -i -t 'a  -w 1 b' -c 'x  y'", "jest -t 'a  -w 1 b' -c 'x  y'"],
  ['jest', 'jest -t "a -i | b -i" && jest -i', 'jest -t "a -i | b -i" && jest'],
  ['vitest', 'vitest run --no-file-parallelism --poolOptions.forks.singleFork', 'vitest run'],
  ['vitest', 'vitest --fileParallelism=false --maxWorkers=1 --minWorkers 1 --run', 'vitest --run'],
] as const)('%s: the script `%s` becomes `%s`', (runner, script, wanted) => {
  expect(withoutSerialFlags(script, runner)).toBe(wanted)
})

test('scripts keep the form of their file', () => {
  const changes = { runners: ['jest'], replaces: /^migrate$/ } as const
  const { text } = editScripts('{\n\t"scripts": {\n\t\t"a": "b",\n\t\t"pretest": "migrate"\n\t}\n}', changes)
  expect(text).toBe(
    '{\n\t"scripts": {\n\t\t"a": "b",\n\t\t"isolane:up": "isolane up",\n\t\t"isolane:down": "isolane down"\n\t}\n}',
  )
  expect(editScripts('{}', changes).text).toBe(
    '{\n  "scripts": {\n    "isolane:up": "isolane up",\n    "isolane:down": "isolane down"\n  }\n}',
  )
})
