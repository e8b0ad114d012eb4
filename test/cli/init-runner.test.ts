/** Which configs of a runner are set up, and that none is written over. */
import { expect, test } from 'vitest'
import { readManifest } from '../../src/cli/init/manifest.ts'
import { ProjectFiles } from '../../src/cli/init/project-files.ts'
import { findRunners } from '../../src/cli/init/runner.ts'
import { initialised, packageJson } from './init-project.ts'
import { Sandbox } from './sandbox.ts'

const own = 'export default { test: { globals: true } }\n'

async function runnersOf(script: string, names: readonly string[]) {
  const files = Object.fromEntries(names.map((name) => [name, own]))
  await using sandbox = new Sandbox({ files: { 'package.json': packageJson({ test: script }, []), ...files } })
  const project = new ProjectFiles(sandbox.root)
  return findRunners(project, readManifest(project)).map(({ configs, unknown }) => ({ configs, unknown }))
}

test.each([
  ['an option of dotenv', 'dotenv -c test -- vitest run', ['vitest.config.ts'], []],
  ['an option of a coverage program', 'c8 -c c8.json vitest run', ['vitest.config.ts'], []],
  ['an option of concurrently', 'concurrently -c red,blue tsc vitest', ['vitest.config.ts'], []],
  ['a variable', 'vitest --config $CFG', ['vitest.config.ts'], ['$CFG']],
  ['a file that is nowhere', 'vitest --config=none.ts', ['vitest.config.ts'], ['none.ts']],
  ['a file outside of the project', 'vitest -c ../other.ts', ['vitest.config.ts'], ['../other.ts']],
  ['a file of another folder', 'cd e2e && vitest --config own.ts', ['e2e/own.ts'], []],
  ['a name of a test that looks like one', 'vitest -t "a -c e2e/own.ts"', ['vitest.config.ts'], []],
  ['a file', 'vitest -c ./e2e/own.ts', ['e2e/own.ts'], []],
])('what a script names: %s', async (_, script, configs, unknown) => {
  expect(await runnersOf(script, ['vitest.config.ts', 'e2e/own.ts'])).toEqual([{ configs, unknown }])
})

test('a config that is there is changed, never replaced', async () => {
  const jest = 'module.exports = { testTimeout: 10_000 }\n'
  const { read } = await initialised({
    'package.json': packageJson(
      { test: 'dotenv -c test -- vitest run', 'test:old': 'dotenv -c test -- jest' },
      ['vitest', 'jest', 'redis'],
      { type: 'module' },
    ),
    'vitest.config.js': own,
    'jest.config.js': jest,
  })
  expect(read('vitest.config.js')).toContain('plugins: [isolane()], test: { globals: true }')
  expect(read('jest.config.js')).toBe("module.exports = { preset: 'isolane', testTimeout: 10_000 }\n")
  expect(JSON.parse(read('package.json') ?? '')).not.toHaveProperty('jest')
})

test('a config that was not found is told, and no other is made in its place', async () => {
  const { read, stderr } = await initialised({
    'package.json': packageJson({ test: 'vitest --no-file-parallelism -c $CFG', old: 'jest -i -c $CFG' }, ['redis']),
  })
  expect(read('vitest.config.mjs')).toBeUndefined()
  expect(JSON.parse(read('package.json') ?? '')).toMatchObject({
    scripts: { test: 'vitest --no-file-parallelism -c $CFG', old: 'jest -i -c $CFG' },
  })
  expect(JSON.parse(read('package.json') ?? '')).not.toHaveProperty('jest')
  expect(stderr).toMatch(/\$CFG, which a script names, is no file in here\..*list `isolane\(\)` in `plugins`/)
  expect(stderr).toMatch(/\$CFG, which a script names, is no file in here\..*preset: 'isolane'/)
})

test('what JSON cannot say does not replace code that is there', async () => {
  const code = 'export default { verbose: true }\n'
  const { read, stderr } = await initialised({
    'package.json': packageJson({ test: 'jest -c package.json' }, ['redis'], { jest: { globalSetup: './set-up.js' } }),
    'jest.config.mjs': code,
  })
  expect(read('jest.config.mjs')).toBe(code)
  expect(JSON.parse(read('package.json') ?? '')).toHaveProperty('jest', { globalSetup: './set-up.js' })
  expect(stderr).toMatch(/package\.json: it has a globalSetup/)
})

test('a new file never takes the place of one that is there', async () => {
  await using sandbox = new Sandbox({ files: { 'vitest.config.ts': own } })
  const files = new ProjectFiles(sandbox.root)
  expect(files.create('vitest.config.ts', 'other')).toBe(false)
  expect(files.create('more.ts', 'more')).toBe(true)
  expect(files.create('more.ts', 'other')).toBe(false)
  expect(files.changes().map(({ name, after }) => [name, after])).toEqual([['more.ts', 'more']])
})
