/** Each way to set Jest up, and each kind of project it is set up in. */
import { describe, expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { openProject } from '../vitest/project.ts'
import { jestRunners } from '../vitest/runner.ts'
import {
  commonJs,
  presetConfig,
  redisClient,
  redisConfig,
  redisSpec,
  tellAndDirty,
  told,
  wrappedConfig,
} from './files.ts'

const twoFiles = {
  ...commonJs,
  'isolane.config.mts': redisConfig(),
  'redis.js': redisClient,
  'a.test.js': redisSpec(tellAndDirty('a')),
  'b.test.js': redisSpec(tellAndDirty('b')),
}

const developersOwn = { REDIS_URL: 'redis://127.0.0.1:1/0', REDIS_HOST: 'developer' }

for (const { value: runner, why } of longMatrix(jestRunners))
  describe(`${runner}${why}`, () => {
    test.skipIf(why)('preset, in parallel and in band', async () => {
      await using project = await openProject(runner, { ...twoFiles, 'jest.config.js': presetConfig() })
      // Jest does not know yet how long these files take, so it gives each a worker.
      const parallel = await project.run(['--maxWorkers=2'], { env: developersOwn })
      expect(parallel.code, parallel.output).toBe(0)
      expect(told(parallel.output).map((line) => line.replace(/\d+$/, ''))).toEqual([
        'a found 0 in lane-',
        'b found 0 in lane-',
      ])
      expect(new Set(told(parallel.output).map((line) => line.at(-1))).size).toBe(2)
      const inBand = await project.run(['--runInBand', '--detectOpenHandles'], { env: developersOwn })
      expect(inBand.code, inBand.output).toBe(0)
      expect(told(inBand.output)).toEqual(['a found 0 in lane-1', 'b found 0 in lane-1'])
      expect(parallel.output + inBand.output).not.toMatch(/open handle|did not exit|force exited|Warning/)
      await project.expectNothingLeft()
    })

    test.skipIf(why)(
      'withIsolane in an ESM project, with a set-up file of its own and a function for a config',
      async () => {
        await using project = await openProject(runner, {
          'isolane.config.ts': redisConfig(),
          'jest.config.js': `
import { withIsolane } from 'isolane/jest'

export default withIsolane(async () => ({ transform: {}, setupFiles: ['./setup.js'] }))
`,
          'redis.js': "import { Redis } from 'ioredis'\n\nexport const redis = new Redis(process.env.REDIS_URL)\n",
          'setup.js': "import { redis } from './redis.js'\nawait redis.set('by', process.env.ISOLANE_LANE)\n",
          'a.test.js': `
import { redis } from './redis.js'
import { lane } from 'isolane/jest/test'

test('sees what the set-up file did', async () => {
  expect(await redis.get('by')).toBe(lane().name)
  expect(await redis.keys('*')).toEqual(['by'])
  redis.disconnect()
  const own = await lane().redis.client()
  expect(await own.dbsize()).toBe(1)
})
`,
        })
        const env = { ...developersOwn, NODE_OPTIONS: '--experimental-vm-modules' }
        const { code, output, passed } = await project.run([], { env })
        expect(code, output).toBe(0)
        expect(passed).toHaveLength(1)
        await project.expectNothingLeft()
      },
    )

    test.skipIf(why)(
      'withIsolane in a TypeScript project, with a preset, hooks and extensions of its own',
      async () => {
        const hook = (name: string) => `
import { writeFileSync } from 'node:fs'

enum What { Done = '${name}' }
export default async (globalConfig: { rootDir: string }): Promise<void> => {
  writeFileSync(globalConfig.rootDir + '/${name}.txt', What.Done + ' ' + process.env.REDIS_HOST)
}
`
        await using project = await openProject(runner, {
          ...commonJs,
          // No `.mts`: Jest's transform, which is active while global hooks run, makes CommonJS of it.
          'isolane.config.ts': redisConfig(),
          // Jest 29 needs another package to read a config in TypeScript.
          [runner === 'jest-29' ? 'jest.config.mjs' : 'jest.config.mts']: `
import { withIsolane } from 'isolane/jest'

export default withIsolane({
  preset: 'ts-jest',
  transform: { '^.+\\\\.ts$': ['ts-jest', { diagnostics: false, tsconfig: { module: 'commonjs', isolatedModules: true } }] },
  moduleFileExtensions: ['js', 'json', 'ts'],
  globalSetup: './hooks/setup.ts',
  globalTeardown: '<rootDir>/hooks/teardown',
})
`,
          'hooks/setup.ts': hook('setup'),
          'hooks/teardown.ts': hook('teardown'),
          'a.test.ts': `
import { lane } from 'isolane/jest/test'

test('has a lane', async () => {
  const name: string = lane().name
  expect(process.env.ISOLANE_LANE).toBe(name)
  expect(await (await lane().redis.client()).dbsize()).toBe(0)
})
`,
        })
        const { code, output, passed } = await project.run([], { env: developersOwn })
        expect(code, output).toBe(0)
        expect(passed).toEqual(['has a lane'])
        expect(project.read('setup.txt')).toBe('setup no-lane-was-leased.invalid')
        expect(project.read('teardown.txt')).toContain('teardown')
        await project.expectNothingLeft()
      },
    )

    test.skipIf(why)('withIsolane around what is wrapped, has our preset or is set up by hand', async () => {
      await using project = await openProject(runner, {
        ...twoFiles,
        'jest.config.js': `
const { withIsolane } = require('isolane/jest')

const byHand = {
  globalSetup: 'isolane/jest/setup',
  globalTeardown: 'isolane/jest/teardown',
  setupFiles: ['isolane/jest/lane', './own.js'],
  setupFilesAfterEnv: ['isolane/jest/each-test'],
}
const project = (name) => ({ ...byHand, displayName: name, testMatch: ['<rootDir>/' + name + '.test.js'] })
module.exports = withIsolane(withIsolane({
  ...byHand,
  preset: 'isolane',
  projects: [project('a'), { preset: 'isolane', ...project('b') }],
}))
`,
        'own.js': "console.log('own, with ' + process.env.ISOLANE_LANE)\n",
        'b.test.js': `
test('b', () => {
  const { preset, projects } = require('./jest.config.js')
  expect([preset, projects[1].preset]).toEqual([undefined, undefined])
  expect(projects.map(({ setupFiles }) => setupFiles.length)).toEqual([2, 2])
  expect(projects.map(({ setupFilesAfterEnv }) => setupFilesAfterEnv.length)).toEqual([1, 1])
})
`,
      })
      const { code, output } = await project.run(['--runInBand'])
      expect(code, output).toBe(0)
      expect(told(output)).toEqual(['a found 0 in lane-1'])
      expect(output.match(/own, with lane-1/g), output).toHaveLength(2)
      await project.expectNothingLeft()
    })

    test.skipIf(long)(`withIsolane with a preset that names our hooks${long}`, async () => {
      await using project = await openProject(runner, {
        ...twoFiles,
        'jest.config.js': wrappedConfig("preset: './preset/jest-preset.js'"),
        'preset/jest-preset.js': `
module.exports = {
  globalSetup: require.resolve('isolane/jest/setup'),
  globalTeardown: require.resolve('isolane/jest/teardown'),
}
`,
      })
      const { code, output } = await project.run()
      expect(code, output).toBe(0)
      await project.expectNothingLeft()
    })

    test.skipIf(long)(`withIsolane with a preset that has hooks of its own${long}`, async () => {
      const hook = (name: string) => `module.exports = () => require('node:fs').writeFileSync('${name}.txt', '')\n`
      await using project = await openProject(runner, {
        ...twoFiles,
        'jest.config.js': wrappedConfig("preset: './preset/jest-preset.js'"),
        'preset/jest-preset.js':
          "module.exports = { globalSetup: __dirname + '/setup.js', globalTeardown: __dirname + '/teardown.js' }\n",
        'preset/setup.js': hook('setup'),
        'preset/teardown.js': hook('teardown'),
      })
      const { code, output } = await project.run()
      expect(code, output).toBe(0)
      expect(project.list('.').filter((name) => name.endsWith('.txt'))).toEqual(['setup.txt', 'teardown.txt'])
      await project.expectNothingLeft()
    })

    test.skipIf(long)(`by hand, with jsdom, fake timers, coverage and worker threads${long}`, async () => {
      await using project = await openProject(runner, {
        ...twoFiles,
        'isolane.config.mts': redisConfig("reset: 'test'"),
        'package.json': JSON.stringify({
          jest: {
            globalSetup: 'isolane/jest/setup',
            globalTeardown: 'isolane/jest/teardown',
            setupFiles: ['isolane/jest/lane'],
            setupFilesAfterEnv: ['isolane/jest/each-test'],
            testEnvironment: 'jsdom',
            fakeTimers: { enableGlobally: true, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] },
            collectCoverage: true,
            workerThreads: true,
            injectGlobals: false,
          },
        }),
        'a.test.js': `
const { expect, test } = require('@jest/globals')
const { lane } = require('isolane/jest/test')

test.each([1, 2])('finds nothing, time %i', async () => {
  expect(typeof window).toBe('object')
  const redis = await lane().redis.client()
  expect(await redis.dbsize()).toBe(0)
  await redis.set('dirt', '1')
})
`,
        'b.test.js': "const { test } = require('@jest/globals')\ntest('is there', () => {})\n",
      })
      const { code, output, passed } = await project.run(['--maxWorkers=2'], { env: developersOwn })
      expect(code, output).toBe(0)
      expect(passed).toHaveLength(3)
      await project.expectNothingLeft()
    })
  })
