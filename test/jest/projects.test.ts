/** Runs of several projects, and the stacks they share or have to themselves. */
import { describe, expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { openProject, type Project } from '../vitest/project.ts'
import { type JestRunnerName, jestRunners } from '../vitest/runner.ts'
import { commonJs, redisConfig, stackConfig } from './files.ts'

/** Leaves behind what it found: `redis at 1234`, or `left,right at 1234`. */
function spec(name: string): string {
  return `
const { lane } = require('isolane/jest/test')

test('leaves what it found', () => {
  const services = Object.keys(lane()).filter((key) => lane()[key].port)
  require('node:fs').writeFileSync('found-${name}', services + ' at ' + lane()[services[0]].port)
  expect(lane().env.REDIS_URL).toBe(process.env.REDIS_URL)
})
`
}

async function open(runner: JestRunnerName, files: Readonly<Record<string, string>>): Promise<Project> {
  const names = ['one', 'two', 'three']
  const specs = names.map((name) => [`packages/${name}/a.test.js`, spec(name)])
  return openProject(runner, {
    ...commonJs,
    'isolane.config.mts': redisConfig(),
    ...Object.fromEntries(specs),
    ...files,
  })
}

async function found(project: Project, names: readonly string[]): Promise<string[]> {
  // One worker after the other for each project's file.
  const { code, output } = await project.run(['--maxWorkers=1'])
  expect(code, output).toBe(0)
  await project.expectNothingLeft()
  return names.map((name) => project.read(`found-${name}`))
}

for (const { value: runner, why } of longMatrix(jestRunners))
  describe(`${runner}${why}`, () => {
    test.skipIf(why)(
      'a wrapped root: its projects share its stack, or have their own when they are wrapped themselves',
      async () => {
        await using project = await open(runner, {
          'jest.config.js': `
const { withIsolane } = require('isolane/jest')
const { redis } = require('isolane')

const own = { services: { left: redis(), right: redis() } }
module.exports = withIsolane({
  globalSetup: './root.js',
  projects: [
    { displayName: 'one', rootDir: '<rootDir>/packages/one' },
    { displayName: 'two', testMatch: ['<rootDir>/packages/two/*.test.js'], globalSetup: './two.js' },
    withIsolane({ displayName: 'three', rootDir: '<rootDir>/packages/three', globalSetup: '<rootDir>/own.js' }, own),
  ],
})
`,
          'root.js': "module.exports = () => require('node:fs').writeFileSync('by-root', '')\n",
          'two.js': "module.exports = () => require('node:fs').writeFileSync('by-two', '')\n",
          'packages/three/own.js': "module.exports = () => require('node:fs').writeFileSync('by-three', '')\n",
        })
        const [one, two, three] = await found(project, ['one', 'two', 'three'])
        expect(one).toMatch(/^redis at \d+$/)
        expect(two).toBe(one)
        expect(three).toMatch(/^left,right at \d+$/)
        expect(project.list('.').filter((name) => name.startsWith('by-'))).toEqual(['by-root', 'by-three', 'by-two'])
      },
    )

    test.skipIf(why)('projects by their paths: each has the stack of its own config', async () => {
      const config = (head: string) => `
const { withIsolane } = require('isolane/jest')
module.exports = withIsolane({ ${head} globalSetup: '<rootDir>/own.js' })
`
      const own = (name: string) => `module.exports = () => require('node:fs').writeFileSync('by-${name}', '')\n`
      await using project = await open(runner, {
        'jest.config.js': "module.exports = { projects: ['<rootDir>/packages/*'] }\n",
        'packages/one/jest.config.js': config(''),
        'packages/two/jest.config.js': config(''),
        'packages/three/jest.config.js': "module.exports = { preset: 'isolane' }\n",
        'packages/two/isolane.config.mts': stackConfig('left: redis(), right: redis()'),
        ...Object.fromEntries(['one', 'two', 'three'].map((name) => [`packages/${name}/own.js`, own(name)])),
      })
      const refused = await project.run()
      expect(refused.code, refused.output).toBe(1)
      expect(refused.output).toMatch(/The Jest projects .* have different stacks.*rootDir: __dirname.*CONFIG_INVALID\]/)
      for (const name of ['one', 'two', 'three'])
        project.write(`packages/${name}/jest.config.js`, config('rootDir: __dirname,'))
      const [one, two, three] = await found(project, ['one', 'two', 'three'])
      expect(one).toMatch(/^redis at \d+$/)
      expect(two).toMatch(/^left,right at \d+$/)
      expect(three).toBe(one)
      expect(project.list('.').filter((name) => name.startsWith('by-'))).toEqual(['by-one', 'by-three', 'by-two'])
    })

    test.skipIf(long)(
      `projects by their paths with one stack, and a base config that is wrapped too${long}`,
      async () => {
        await using project = await open(runner, {
          'jest.config.js':
            "module.exports = require('isolane/jest').withIsolane({ projects: ['<rootDir>/packages/*'] })\n",
          'base.js': "module.exports = require('isolane/jest').withIsolane({ globalSetup: '<rootDir>/own.js' })\n",
          'packages/one/jest.config.js': "module.exports = { preset: 'isolane' }\n",
          'packages/two/jest.config.js': `
const { withIsolane } = require('isolane/jest')
module.exports = withIsolane({ ...require('../../base.js'), rootDir: __dirname })
`,
          'packages/two/own.js': "module.exports = () => require('node:fs').appendFileSync('by-two', 'once')\n",
          'packages/three/jest.config.js':
            "module.exports = require('isolane/jest').withIsolane({ preset: 'isolane' })\n",
        })
        const refused = await project.run()
        expect(refused.code, refused.output).toBe(1)
        expect(refused.output).toMatch(
          /The Jest projects <rootDir>\/packages\/\* have configs of their own.*CONFIG_INVALID\]/,
        )
        project.write('jest.config.js', "module.exports = { projects: ['<rootDir>/packages/*'] }\n")
        const [one, two, three] = await found(project, ['one', 'two', 'three'])
        expect(one).toMatch(/^redis at \d+$/)
        expect([two, three]).toEqual([one, one])
        expect(project.read('by-two')).toBe('once')
      },
    )
  })
