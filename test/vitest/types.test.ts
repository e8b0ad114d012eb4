/** The package's types as a user's TypeScript sees them. */
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { stackConfig, vitestConfig } from './files.ts'
import { openProject, type Project } from './project.ts'
import { runners } from './runner.ts'

const services = 'database: postgres(), redis: redis()'

const compilerOptions = {
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
}

function files(body: string): Record<string, string> {
  return {
    'isolane.config.ts': stackConfig(services, 'env: (lane) => ({ OWN_URL: lane.database.url })'),
    'vitest.config.ts': vitestConfig(),
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*.ts'] }),
    'a.spec.ts': `
import { test } from 'isolane/vitest/test'
import { describe, expect, expectTypeOf, inject } from 'vitest'

declare module 'isolane' {
  interface Register { stack: typeof import('./isolane.config.ts').default }
}

${body}
`,
  }
}

const right = `
test('the lane is typed by the config', async ({ lane }) => {
  expectTypeOf(lane.database.url).toEqualTypeOf<string>()
  expectTypeOf(lane.database.port).toEqualTypeOf<number>()
  expectTypeOf(lane.redis.database).toEqualTypeOf<number>()
  expectTypeOf(lane.name).toEqualTypeOf<string>()
  expectTypeOf(lane.reset).returns.resolves.toBeVoid()
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

async function check(project: Project) {
  const tsc = join(import.meta.dirname, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc')
  return execa(process.execPath, [tsc, '--project', project.root], { reject: false })
}

describe.each(runners)('%s', (runner) => {
  test('a suite that uses the lane fixture and inject compiles, and runs', async () => {
    await using project = await openProject(runner, files(right))
    const checked = await check(project)
    expect(checked.stdout).toBe('')
    expect(checked.exitCode).toBe(0)
    const { code, output, passed } = await project.run()
    expect(code, output).toBe(0)
    expect(passed).toHaveLength(3)
    await project.expectNothingLeft()
  })
})

test.each([
  ['a service that the config has not', "test('', ({ lane }) => { lane.neo4j.url })", /TS\d+: .*'neo4j'/],
  [
    'a field that the service has not',
    "test('', ({ lane }) => { lane.redis.database.toUpperCase() })",
    /TS2339: .*toUpperCase/,
  ],
  ['a field that nobody provides', "inject('isolane').nothing", /TS2339: .*'nothing'/],
])('the compiler refuses %s', async (_what, body, error) => {
  await using project = await openProject('vitest-5', files(body))
  const checked = await check(project)
  expect(checked.exitCode).not.toBe(0)
  expect(checked.stdout).toMatch(error)
  expect(checked.stdout.trim().split('\n')).toHaveLength(1)
})

test('the compiler refuses an option that does not exist', async () => {
  await using project = await openProject('vitest-5', {
    ...files(''),
    'isolane.config.ts': stackConfig("redis: redis({ verison: '8' })"),
  })
  expect((await check(project)).stdout).toMatch(/isolane\.config\.ts.*'verison' does not exist/)
})
