import { expect, test } from 'vitest'
import { editJestConfig } from '../../src/cli/init/jest-config.ts'
import { editJestJson } from '../../src/cli/init/jest-json.ts'
import { initialised, packageJson } from './init-project.ts'

function edited(text: string): string {
  const edit = editJestConfig('jest.config.js', text)
  expect(edit.byHand).toBeUndefined()
  expect(editJestConfig('jest.config.js', edit.text).text, 'the second time').toBe(edit.text)
  return edit.text
}

test('a project without a config names the preset in its package.json', async () => {
  const files = { 'package.json': packageJson({ test: 'jest -i' }, ['jest', 'pg', 'isolane']) }
  const { read, stderr } = await initialised(files)
  expect(JSON.parse(read('package.json') ?? '')).toMatchObject({
    scripts: { test: 'jest', 'isolane:up': 'isolane up', 'isolane:down': 'isolane down' },
    jest: { preset: 'isolane' },
  })
  expect(stderr).toMatch(/nothing was found that makes the Postgres schema/)
})

test('without a preset of its own a config gets ours', () => {
  expect(
    edited(`/** @type {import('jest').Config} */
const config = {
  // Slow machines.
  testTimeout: 10_000,
  maxWorkers: 1,
};

module.exports = config;
`),
  ).toBe(`/** @type {import('jest').Config} */
const config = {
  preset: 'isolane',
  // Slow machines.
  testTimeout: 10_000,
};

module.exports = config;
`)
})

test.each([
  [
    'a preset',
    `import type { Config } from "jest";

const config: Config = {
  preset: "ts-jest",
  maxWorkers: 1,
};

export default config;
`,
    `import { withIsolane } from "isolane/jest";
import type { Config } from "jest";

const config: Config = {
  preset: "ts-jest",
};

export default withIsolane(config);
`,
  ],
  [
    'a global set-up, in CommonJS',
    `'use strict'
// Ours.

/** @type {import('jest').Config} */
module.exports = { globalSetup: './setup.js' }
`,
    `'use strict'
// Ours.

const { withIsolane } = require('isolane/jest')

/** @type {import('jest').Config} */
module.exports = withIsolane({ globalSetup: './setup.js' })
`,
  ],
  [
    'what somebody else makes',
    `const nextJest = require('next/jest');
const createJestConfig = nextJest({ dir: './' });
module.exports = createJestConfig({ testEnvironment: 'jsdom' });
`,
    `const { withIsolane } = require('isolane/jest');
const nextJest = require('next/jest');
const createJestConfig = nextJest({ dir: './' });
module.exports = withIsolane(createJestConfig({ testEnvironment: 'jsdom' }));
`,
  ],
  [
    'a function',
    'export default async function config() {\n  return {}\n}\n',
    "import { withIsolane } from 'isolane/jest'\n\nexport default withIsolane(async function config() {\n  return {}\n})\n",
  ],
  [
    'what is spread into it',
    "import base from './base.js'\n\nexport default { ...base, verbose: true }\n",
    "import { withIsolane } from 'isolane/jest'\nimport base from './base.js'\n\nexport default withIsolane({ ...base, verbose: true })\n",
  ],
  [
    'a preset that it gets later',
    "const config = { verbose: true }\nif (CI) config.preset = 'ts-jest'\n\nmodule.exports = config\n",
    "const { withIsolane } = require('isolane/jest')\n\nconst config = { verbose: true }\nif (CI) config.preset = 'ts-jest'\n\nmodule.exports = withIsolane(config)\n",
  ],
  [
    'more than one value',
    'let config = { verbose: true }\nif (CI) config = { preset: "ts-jest" }\nexport default config\n',
    'import { withIsolane } from "isolane/jest"\n\nlet config = { verbose: true }\nif (CI) config = { preset: "ts-jest" }\nexport default withIsolane(config)\n',
  ],
])('a config with %s is wrapped', (_, before, after) => {
  expect(edited(before)).toBe(after)
})

test.each([
  ['in CommonJS', "module.exports = { verbose: true }\nmodule.exports.preset = 'ts-jest'\n"],
  ['by name', "const config = {}\nexport default config\n;(config as Config).preset = 'ts-jest'\n"],
])('a config that is changed once exported is left alone, and told: %s', (_, text) => {
  const edit = editJestConfig('jest.config.js', text)
  expect(edit).toMatchObject({ text, byHand: expect.stringMatching(/^jest\.config\.js: .*withIsolane/) })
})

test('projects with files of their own are told', () => {
  const { text, notes } = editJestConfig('jest.config.js', "module.exports = { projects: ['<rootDir>/packages/*'] }\n")
  expect(text).toContain("module.exports = withIsolane({ projects: ['<rootDir>/packages/*'] })")
  expect(notes).toEqual(["jest.config.js: projects with a config of their own need `preset: 'isolane'` there"])
})

test('JSON with a preset gets the entries beside it', () => {
  const before = `{
  "moduleFileExtensions": ["js", "ts"],
  "preset": "ts-jest",
  "setupFiles": ["./env.js"],
  "maxWorkers": 1
}
`
  const { text } = editJestJson('jest-e2e.json', before, false)
  expect(text).toBe(`{
  "moduleFileExtensions": ["js", "ts"],
  "preset": "ts-jest",
  "globalSetup": "isolane/jest/setup",
  "globalTeardown": "isolane/jest/teardown",
  "setupFilesAfterEnv": ["isolane/jest/each-test"],
  "setupFiles": ["isolane/jest/lane", "./env.js"]
}
`)
  expect(editJestJson('jest-e2e.json', text, false).text).toBe(text)
})

test('JSON that is none is left alone, and told', () => {
  const edit = editJestJson('jest-e2e.json', '{ // no', false)
  expect(edit).toMatchObject({ text: '{ // no', byHand: expect.stringMatching(/^jest-e2e\.json is no JSON/) })
})

test('JSON with a global set-up is left alone, and told; in package.json it becomes code', async () => {
  const file = '{ "globalSetup": "./setup.js" }'
  expect(editJestJson('jest-e2e.json', file, false)).toMatchObject({
    text: file,
    byHand: expect.stringMatching(/withIsolane/),
  })

  const jest = { preset: 'ts-jest', globalSetup: './setup.js', moduleNameMapper: { '^~/(.*)$': '<rootDir>/src/$1' } }
  const { read } = await initialised({ 'package.json': packageJson({ test: 'jest' }, ['jest', 'pg'], { jest }) })
  expect(JSON.parse(read('package.json') ?? '')).not.toHaveProperty('jest')
  expect(read('jest.config.mjs')).toBe(`import { withIsolane } from 'isolane/jest'

export default withIsolane({
  preset: "ts-jest",
  globalSetup: "./setup.js",
  moduleNameMapper: {
    "^~/(.*)$": "<rootDir>/src/$1"
  }
})
`)
})

test('every config that a script names is set up', async () => {
  const { read } = await initialised({
    'package.json': packageJson(
      { test: 'jest', 'test:e2e': 'jest --config ./test/jest-e2e.json --runInBand', 'test:cov': 'jest --coverage' },
      ['jest', 'ts-jest', 'pg'],
      { jest: { rootDir: 'src' } },
    ),
    'test/jest-e2e.json': '{\n  "rootDir": "."\n}\n',
  })
  expect(read('test/jest-e2e.json')).toBe('{\n  "preset": "isolane",\n  "rootDir": "."\n}\n')
  expect(JSON.parse(read('package.json') ?? '')).toMatchObject({
    scripts: { 'test:e2e': 'jest --config ./test/jest-e2e.json' },
    jest: { preset: 'isolane', rootDir: 'src' },
  })
})
