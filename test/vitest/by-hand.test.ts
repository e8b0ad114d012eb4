/** Without the plugin, and what set-up files of the user's own see. */
import { describe, expect, test } from 'vitest'
import { redisClient, redisConfig, redisSpec, stackConfig, vitestConfig } from './files.ts'
import { openProject } from './project.ts'
import { runners } from './runner.ts'

const developersOwn = { REDIS_URL: 'redis://127.0.0.1:1/0', REDIS_HOST: 'developer' }

function byHand(test: string): string {
  return `
import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { globalSetup: 'isolane/vitest/setup', ${test} } })
`
}

describe.each(runners)('%s', (runner) => {
  test('runs without the plugin, set up by hand', async () => {
    await using project = await openProject(runner, {
      'isolane.config.ts': redisConfig(),
      'vitest.config.ts': byHand("setupFiles: 'isolane/vitest/lane', sequence: { setupFiles: 'list' }"),
      'redis.ts': redisClient,
      'a.spec.ts': redisSpec("test('works', async () => { expect(await redis.ping()).toBe('PONG') })"),
    })
    const { code, output } = await project.run([], { env: developersOwn })
    expect(code, output).toBe(0)
    await project.expectNothingLeft()
  })

  test("finds no address where the lane's set-up file was forgotten, not even the developer's own", async () => {
    await using project = await openProject(runner, {
      'isolane.config.ts': redisConfig(),
      'vitest.config.ts': byHand(''),
      'a.spec.ts': `
import { expect, test } from 'vitest'
test('finds nothing', () => {
  expect(process.env.REDIS_URL).toContain('no-lane-was-leased.invalid')
  expect([process.env.REDIS_HOST, process.env.ISOLANE_LANE]).toEqual(['no-lane-was-leased.invalid', ''])
})
`,
    })
    const { code, output } = await project.run([], { env: developersOwn })
    expect(code, output).toBe(0)
    await project.expectNothingLeft()
  })

  test("has a user's set-up file, and what it imports, see the lane", async () => {
    await using project = await openProject(runner, {
      'isolane.config.ts': redisConfig(),
      'vitest.config.ts': vitestConfig("setupFiles: ['./setup.ts'], sequence: { setupFiles: 'parallel' }"),
      'redis.ts': `${redisClient}\nexport const lane = process.env.ISOLANE_LANE\n`,
      'setup.ts': "import { lane, redis } from './redis.ts'\nawait redis.set('by', lane)\n",
      'a.spec.ts': redisSpec(`
test('sees it', async () => {
  expect(process.env.ISOLANE_LANE).toBe('lane-1')
  expect(await redis.get('by')).toBe('lane-1')
  expect(await redis.keys('*')).toEqual(['by'])
})
`),
    })
    const { code, output } = await project.run([], { env: developersOwn })
    expect(code, output).toBe(0)
    await project.expectNothingLeft()
  })
})

test("the Postgres address leads nowhere either, whatever the developer's own is", async () => {
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': stackConfig('postgres: postgres()', 'env: (lane) => ({ OWN_URL: lane.postgres.url })'),
    'vitest.config.ts': byHand(''),
    'a.spec.ts': `
import pg from 'pg'
import { expect, test } from 'vitest'
test('finds nothing', async () => {
  expect(process.env.OWN_URL).toBe(process.env.DATABASE_URL)
  const lost = expect.objectContaining({ message: expect.stringContaining('no-lane-was-leased.invalid') })
  await expect(new pg.Client().connect()).rejects.toEqual(lost)
  await expect(new pg.Client(process.env.DATABASE_URL).connect()).rejects.toEqual(lost)
})
`,
  })
  const env = { DATABASE_URL: 'postgres://developer@127.0.0.1:1/own', PGHOST: 'developer', PGDATABASE: 'own' }
  const { code, output } = await project.run([], { env })
  expect(code, output).toBe(0)
  await project.expectNothingLeft()
})
