/** What can go wrong, and what Jest's output says of it. */
import { describe, expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { openProject } from '../vitest/project.ts'
import { jestRunners } from '../vitest/runner.ts'
import { commonJs, presetConfig, redisClient, redisConfig, redisSpec, stackConfig, wrappedConfig } from './files.ts'

const mustNotRun = "test('must not run', () => console.log('IT RAN'))\n"

for (const { value: runner, why } of longMatrix(jestRunners))
  describe(`${runner}${why}`, () => {
    test.skipIf(why)('a set-up that fails, also after the servers have started', async () => {
      await using project = await openProject(runner, {
        ...commonJs,
        'isolane.config.mts': stackConfig("redis: redis({ seed: () => { throw new Error('no countries today') } })"),
        'jest.config.js': presetConfig(),
        'a.test.js': mustNotRun,
      })
      const { code, output } = await project.run()
      expect(code, output).toBe(1)
      const [line] = output.split('\n').filter((text) => text.includes('ISOLANE_SEED_FAILED'))
      expect(line, output).toMatch(/The seed function of redis threw: no countries today.*\[ISOLANE_SEED_FAILED\]$/)
      expect(output).not.toContain('IT RAN')
      await project.expectNothingLeft()
    })

    test.skipIf(why)('tests that fail: their output says where the lane is, unless they may yet pass', async () => {
      await using project = await openProject(runner, {
        ...commonJs,
        'isolane.config.mts': redisConfig(),
        'jest.config.js': wrappedConfig(),
        'a.test.js': `
const { lane } = require('isolane/jest/test')

describe('outer', () => {
  test('fails', () => expect(lane().redis.port).toBe(0))
})
test.failing('fails, as it should', () => { throw new Error() })
afterEach(() => {
  if (expect.getState().currentTestName === 'fails in its hook') throw new Error('in a hook')
})
test('fails in its hook', () => {})
`,
        'b.test.js': `
jest.retryTimes(1)
let tries = 0
test('fails once', () => expect(++tries).toBe(2))
test('fails twice', () => expect(tries).toBe(0))
`,
      })
      const { code, output, failed } = await project.run(['--runInBand'])
      expect(code, output).toBe(1)
      const told = [...output.matchAll(/isolane: "(.*)" failed on lane-1/g)].map(([, name]) => name)
      expect(told.sort(), output).toEqual(['fails in its hook', 'fails twice', 'outer > fails'])
      expect(failed).toHaveLength(3)
      expect(output, 'Jest shows no frames of ours').not.toContain('each-test.cjs')
      expect(output).toMatch(/redis +redis:\/\/lane-1:\*\*\*@127\.0\.0\.1:\d+\/\d+/)
      await project.expectNothingLeft()
    })

    test.skipIf(why)('a preset whose set-up is not run, as the config has one of its own', async () => {
      await using project = await openProject(runner, {
        ...commonJs,
        'isolane.config.mts': redisConfig(),
        'jest.config.js': presetConfig("globalSetup: './own.js'"),
        'own.js': 'module.exports = () => {}\n',
        'a.test.js': mustNotRun,
      })
      const { code, messages, output } = await project.run()
      expect(code, output).toBe(1)
      expect(messages, output).toMatch(/This Jest run has no stack .*: .*`withIsolane`.*\[ISOLANE_SETUP_MISSING\]$/m)
      expect(output).not.toContain('IT RAN')
    })

    test.skipIf(why)('a set-up by hand without a globalTeardown: Jest would never exit', async () => {
      await using project = await openProject(runner, {
        ...commonJs,
        'isolane.config.mts': redisConfig(),
        'jest.config.js': "module.exports = { globalSetup: 'isolane/jest/setup', setupFiles: ['isolane/jest/lane'] }\n",
        'a.test.js': mustNotRun,
      })
      const { code, output } = await project.run()
      expect(code, output).toBe(1)
      expect(output).toMatch(/no globalTeardown: .*'isolane\/jest\/teardown'.*\[ISOLANE_SETUP_MISSING\]$/m)
      expect(output).not.toContain('IT RAN')
    })

    test.skipIf(long)(`a preset whose tear-down is not run, as the config has one of its own${long}`, async () => {
      await using project = await openProject(runner, {
        ...commonJs,
        'isolane.config.mts': redisConfig(),
        'jest.config.js': presetConfig("globalTeardown: './own.js'"),
        'own.js': 'module.exports = () => {}\n',
        'a.test.js': mustNotRun,
      })
      const { code, output } = await project.run()
      expect(code, output).toBe(1)
      expect(output).toMatch(/another globalTeardown \(.*own\.js\): .*`withIsolane`.*\[ISOLANE_SETUP_MISSING\]$/m)
      expect(output).not.toContain('IT RAN')
    })

    test.skipIf(long)(`a client that needs what jsdom lacks${long}`, async () => {
      await using project = await openProject(runner, {
        ...commonJs,
        'isolane.config.mts': stackConfig('postgres: postgres()'),
        'jest.config.js': presetConfig("testEnvironment: 'jsdom'"),
        'a.test.js': "test('asks', () => require('isolane/jest/test').lane().postgres.client())\n",
        'b.test.js': `
/** @jest-environment node */
test('asks Node', () => require('isolane/jest/test').lane().postgres.client())
`,
      })
      const { passed, failed, messages } = await project.run()
      expect([passed, failed]).toEqual([['asks Node'], ['asks']])
      expect(messages).toMatch(
        /package pg, .* is installed, but .*TextEncoder.*: .*`@jest-environment node`.*\[ISOLANE_CLIENT_UNUSABLE\]$/m,
      )
      await project.expectNothingLeft()
    })

    test.skipIf(why)('--bail: nothing is left', async () => {
      await using project = await openProject(runner, {
        ...commonJs,
        'isolane.config.mts': redisConfig(),
        'jest.config.js': presetConfig(),
        'redis.js': redisClient,
        'a.test.js': redisSpec("test('fails', async () => { expect(await redis.ping()).toBe('PANG') })"),
        'b.test.js': "test('is still at work', () => new Promise(() => {}), 1_000)\n",
      })
      const { code, output } = await project.run(['--bail', '--maxWorkers=2'])
      expect(code, output).toBe(1)
      await project.expectNothingLeft()
    })

    test.skipIf(long)(`lane() where the lane's set-up file was forgotten${long}`, async () => {
      await using project = await openProject(runner, {
        ...commonJs,
        'isolane.config.mts': redisConfig(),
        'jest.config.js':
          "module.exports = { globalSetup: 'isolane/jest/setup', globalTeardown: 'isolane/jest/teardown' }\n",
        'a.test.js': `
const { lane } = require('isolane/jest/test')

test('says so', () => { lane() })
test('finds no address', () => { expect(process.env.REDIS_HOST).toBe('no-lane-was-leased.invalid') })
`,
      })
      const { failed, passed, messages } = await project.run([], { env: { REDIS_HOST: 'developer' } })
      expect([failed, passed]).toEqual([['says so'], ['finds no address']])
      expect(messages).toMatch(/^.*This Jest worker holds no lane: .*\[ISOLANE_SETUP_MISSING\]$/m)
      await project.expectNothingLeft()
    })

    test.skipIf(long)(`hooks of the user's own that throw: nothing is left${long}`, async () => {
      await using project = await openProject(runner, {
        ...commonJs,
        'isolane.config.mts': redisConfig(),
        'jest.config.js': wrappedConfig("globalSetup: './setup.js', globalTeardown: './teardown.js'"),
        'setup.js': "module.exports = () => { if (process.env.BROKEN === 'setup') throw new Error('no fixtures') }\n",
        'teardown.js':
          "module.exports = () => { if (process.env.BROKEN === 'teardown') throw new Error('no broom') }\n",
        'a.test.js': "test('runs', () => {})\n",
      })
      const before = await project.run([], { env: { BROKEN: 'setup' } })
      expect([before.code, before.output]).toEqual([1, expect.stringContaining('no fixtures')])
      expect(before.passed).toEqual([])
      const after = await project.run([], { env: { BROKEN: 'teardown' } })
      expect([after.code, after.output]).toEqual([1, expect.stringContaining('no broom')])
      await project.expectNothingLeft()
    })
  })
