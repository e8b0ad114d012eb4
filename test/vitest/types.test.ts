/** The package's types as a user's TypeScript sees them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { longMatrix } from '../long.ts'
import { compilerOptions } from './compiler-options.ts'
import { stackConfig, vitestConfig } from './files.ts'
import { openProject, type Project } from './project.ts'
import { runners } from './runner.ts'

const tsconfig = {
  'tsconfig.json': JSON.stringify({
    compilerOptions: { ...compilerOptions, allowImportingTsExtensions: true },
    include: ['*.ts'],
  }),
}

const right = `
import { expectEmpty, test, type WorkerLane } from 'isolane/vitest/test'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import { describe, expect, expectTypeOf, inject } from 'vitest'

declare module 'isolane' {
  interface Register { stack: typeof import('./isolane.config.ts').default }
}

test('the lane is typed by the config', async ({ lane }) => {
  expectTypeOf(lane.database.url).toEqualTypeOf<string>()
  expectTypeOf(lane.database.port).toEqualTypeOf<number>()
  expectTypeOf(lane.redis.database).toEqualTypeOf<number>()
  expectTypeOf(lane.name).toEqualTypeOf<string>()
  expectTypeOf(lane.env).toEqualTypeOf<Readonly<Record<string, string>>>()
  expectTypeOf(lane.reset).parameter(0).toEqualTypeOf<'database' | 'redis' | undefined>()
  expectTypeOf(lane.reset).returns.resolves.toBeVoid()
  expectTypeOf(lane.database.client).returns.resolves.toEqualTypeOf<pg.Client>()
  expectTypeOf(lane.redis.client).returns.resolves.toEqualTypeOf<Redis>()
  expectTypeOf(lane).toEqualTypeOf<WorkerLane>()
  await expectEmpty(lane)
  expect(lane.env.DATABASE_URL).toBe(process.env.DATABASE_URL)
  expect(lane.env.OWN_URL).toBe(lane.database.url)
  expect(lane.redis.url).toBe(process.env.REDIS_URL)
})

test('what the set-up provides is typed', () => {
  const { services, attached, mode } = inject('isolane')
  expectTypeOf(attached).toEqualTypeOf<boolean>()
  expectTypeOf(services).toEqualTypeOf<Readonly<Record<string, { readonly kind: string; readonly version: string }>>>()
  expect(services.database?.kind).toBe('postgres')
  expect(mode).toBe('shared')
})

describe('reset()', () => {
  test('dirties', async ({ lane }) => {
    const { Redis } = await import('ioredis')
    const redis = new Redis(lane.redis.url)
    await redis.set('dirt', '1')
    await lane.reset('redis')
    expect(await redis.dbsize()).toBe(0)
    await redis.set('dirt', '2')
    await lane.reset()
    expect(await redis.dbsize()).toBe(0)
    redis.disconnect()
  })
})
`

/** Nothing is run of it, so no server is started for it. */
const config = `
import { container, defineStack, neo4j, postgres, redis, sqlite } from 'isolane'

const stack = defineStack({
  services: {
    postgres: postgres(), cache: redis(), graph: neo4j(), files: sqlite(),
    mail: container({ image: 'mail', ports: { http: 80 }, env: ({ httpPort }) => ({ MAIL: String(httpPort) }) }),
  },
})

declare module 'isolane' {
  interface Register { stack: typeof stack }
}

export default stack
`

const exact = `
import { expectEmpty, lease, type WorkerLane } from 'isolane'
import { isolaneProjects, type MatrixProject } from 'isolane/vitest'
import type { Redis } from 'ioredis'
import type { Driver } from 'neo4j-driver'
import type pg from 'pg'
import { expectTypeOf } from 'vitest'
import { defineConfig } from 'vitest/config'

expectTypeOf<keyof WorkerLane>().toEqualTypeOf<
  'postgres' | 'cache' | 'graph' | 'files' | 'mail' | 'name' | 'env' | 'reset' | 'snapshot' | 'restore'>()

await using lane = await lease()
expectTypeOf(lane).toEqualTypeOf<WorkerLane & AsyncDisposable>()
expectTypeOf(lane.postgres.client).parameter(0).toEqualTypeOf<{ readonly rollback?: boolean } | undefined>()
expectTypeOf(lane.postgres.client).returns.toEqualTypeOf<Promise<pg.Client>>()
expectTypeOf(lane.cache.client).toEqualTypeOf<() => Promise<Redis>>()
expectTypeOf(lane.graph.driver).toEqualTypeOf<() => Promise<Driver>>()
expectTypeOf(lane.files.file).toEqualTypeOf<string>()
// @ts-expect-error: no endpoint has such a field
lane.postgres.urll
expectTypeOf(lane.mail.httpPort).toEqualTypeOf<number>()
expectTypeOf(lane.reset).toEqualTypeOf<
  (service?: 'postgres' | 'cache' | 'graph' | 'files' | 'mail') => Promise<void>>()
expectTypeOf(expectEmpty(lane)).toEqualTypeOf<Promise<void>>()

const matrix = { postgres: ['17', '18'], include: [{ cache: 'valkey@9' }], exclude: [{ postgres: '17', cache: '7' }] }
const projects = await isolaneProjects({ matrix, root: '.', project: { test: { include: ['database/*'] } } })
expectTypeOf(projects).toEqualTypeOf<MatrixProject[]>()
defineConfig({ test: { projects: [{ test: { name: 'unit' } }, ...projects] } })
defineConfig({ test: { projects: await isolaneProjects() } })
`

const wrong = `
import { container, defineStack, type LaneEndpoint, lease, neo4j, postgres, redis, sqlite } from 'isolane'
import { isolane, isolaneProjects } from 'isolane/vitest'
import { test } from 'isolane/vitest/test'
import { inject } from 'vitest'

const services = { redis: redis() }

test('', async ({ lane }) => {
  // @ts-expect-error: the config has no such service
  lane.neo4j.url
  // @ts-expect-error: the service has no such field
  lane.cache.database.toUpperCase()
  // @ts-expect-error: the service has no such client
  await lane.cache.driver()
  // @ts-expect-error: the service has no such client
  await lane.graph.client()
  // @ts-expect-error: SQLite has no clients here
  await lane.files.client()
  // @ts-expect-error: containers have no clients
  await lane.mail.client()
  // @ts-expect-error: the client has no such option
  await lane.postgres.client({ rolback: true })
  // @ts-expect-error: the config has no such service
  await lane.reset('redis')
  // @ts-expect-error: a lane can not be changed
  lane.name = 'lane-1'
  // @ts-expect-error: an endpoint can not be changed
  lane.postgres.url = ''
})

// @ts-expect-error: nobody provides that
inject('isolane').nothing

// @ts-expect-error: no such option
postgres({ verison: '17' })
// @ts-expect-error: no such version
postgres({ version: '12' })
// @ts-expect-error: a list of names
postgres({ extensions: 'citext' })
// @ts-expect-error: nothing is told but the lane
postgres({ seed: ({ database }) => database })
// @ts-expect-error: no such option
redis({ migrations: './migrations' })
// @ts-expect-error: a path is no seed of Redis
redis({ seed: './seed.txt' })
// @ts-expect-error: both ends
redis({ databases: { from: 3 } })
// @ts-expect-error: no such option
neo4j({ extensions: [] })
// @ts-expect-error: no such plugin
neo4j({ plugins: ['apco'] })
// @ts-expect-error: no such answer
neo4j({ acceptLicense: true })
// @ts-expect-error: there is no server
sqlite({ version: '3' })
// @ts-expect-error: an image is required
container({ ports: { http: 80 }, env: () => ({}) })
// @ts-expect-error: no such port
container({ image: 'mail', ports: { http: 80 }, wait: { port: 'smtp' }, env: () => ({}) })
// @ts-expect-error: no such field of a lane
container({ image: 'mail', ports: { http: 80 }, env: (lane) => ({ MAIL: lane.smtpPort.toFixed() }) })

// @ts-expect-error: services are required
defineStack({})
// @ts-expect-error: no such option
defineStack({ services, workers: 4 })
// @ts-expect-error: no such mode
defineStack({ services, mode: 'single' })
// @ts-expect-error: no such policy
defineStack({ services, reset: 'suite' })
// @ts-expect-error: no such choice
defineStack({ services, keep: 'all' })
// @ts-expect-error: no such preset
defineStack({ services, presets: ['ci-paralel'] })
// @ts-expect-error: no such service
defineStack({ services, runtime: { postgres: 'native' } })
// @ts-expect-error: no such service
defineStack({ services, env: (lane) => ({ URL: lane.postgres.url }) })
// @ts-expect-error: variables are texts
defineStack({ services, env: (lane) => ({ PORT: lane.redis.port }) })
// @ts-expect-error: no such option
isolane({ services, watch: true })
// @ts-expect-error: the registered config has no such service
isolaneProjects({ matrix: { orders: ['17'] } })
// @ts-expect-error: the inline stack has no such service
isolaneProjects({ stack: defineStack({ services }), matrix: { postgres: ['17'] } })
isolaneProjects({ stack: defineStack({ services }), matrix: { redis: ['7'] } })
// @ts-expect-error: a list of versions
isolaneProjects({ matrix: { postgres: '17' } })
// @ts-expect-error: no such option
isolaneProjects({ name: 'database' })

const lane = await lease({ stack: defineStack({ services }) })
// @ts-expect-error: the inline stack has no such service
await lane.postgres.client()
// @ts-expect-error: the inline stack has no such service
await lane.reset('cache')
`

/** What a config is for that nobody has registered. */
const unregistered = `
import { type LaneEndpoint, type WorkerLane } from 'isolane'
import { isolaneProjects } from 'isolane/vitest'
import { test } from 'isolane/vitest/test'
import { expectTypeOf } from 'vitest'

isolaneProjects({ matrix: { anything: ['17'], include: [{ anything: '18', other: '7' }] } })

test('', async ({ lane }) => {
  expectTypeOf(lane.anything!).toEqualTypeOf<LaneEndpoint>()
  expectTypeOf(lane.anything!.url).toEqualTypeOf<string>()
  expectTypeOf(lane.name).toEqualTypeOf<string>()
  await lane.reset('anything')
  // @ts-expect-error: what it is for is not known
  await lane.anything.client()
})
`

const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'test-helpers.md'), 'utf8')
const documented = /<!-- [^\n]* runs this -->\n```ts\n(.*?)```/s.exec(docs)?.[1] ?? ''

async function check(project: Project): Promise<string> {
  const tsc = join(import.meta.dirname, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await execa(process.execPath, [tsc, '--project', project.root], { reject: false })
  return stdout
}

const suite = {
  ...tsconfig,
  'isolane.config.ts': stackConfig(
    'database: postgres(), redis: redis()',
    'env: (lane) => ({ OWN_URL: lane.database.url })',
  ),
  'vitest.config.ts': vitestConfig(),
  'a.spec.ts': right,
}

for (const { value: runner, why } of longMatrix(runners)) {
  describe(`${runner}: a suite that uses the lane fixture and inject`, () => {
    test('compiles', async () => {
      await using project = await openProject(runner, suite)
      expect(await check(project)).toBe('')
    })

    test.skipIf(why)(`runs${why}`, async () => {
      await using project = await openProject(runner, suite)
      const { code, output, passed } = await project.run()
      expect(code, output).toBe(0)
      expect(passed).toHaveLength(3)
      await project.expectNothingLeft()
    })
  })
}

test('types are exact, wrong options do not compile, and what the docs say does', async () => {
  expect(documented).toContain('base.extend')
  await using project = await openProject('vitest-5', {
    ...tsconfig,
    'isolane.config.ts': config,
    'exact.ts': exact,
    'wrong.ts': wrong,
    'documented.ts': documented,
  })
  expect(await check(project)).toBe('')
})

test('without a registered config lanes have endpoints only', async () => {
  await using project = await openProject('vitest-5', { ...tsconfig, 'a.ts': unregistered })
  expect(await check(project)).toBe('')
})
