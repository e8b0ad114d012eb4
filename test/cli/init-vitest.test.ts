import { expect, test } from 'vitest'
import { editVitestConfig } from '../../src/cli/init/vitest-config.ts'
import { initialised, packageJson } from './init-project.ts'

const variables = ['DATABASE_URL', 'REDIS_URL']

function edited(text: string) {
  const edit = editVitestConfig('vitest.config.ts', text, variables)
  expect(editVitestConfig('vitest.config.ts', edit.text, variables).text, 'the second time').toBe(edit.text)
  return edit
}

test('a project without a config gets one, in the language it is written in', async () => {
  const vitest = (more: Readonly<Record<string, unknown>>) => ({
    'package.json': packageJson({ test: 'vitest' }, ['vitest', 'redis'], more),
  })
  const [typed, plain, common] = await Promise.all([
    initialised({ ...vitest({ type: 'module' }), 'tsconfig.json': '{}' }),
    initialised(vitest({ type: 'module' })),
    initialised(vitest({})),
  ])
  const config = `import { isolane } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [isolane()],
})
`
  expect(typed.read('vitest.config.ts')).toBe(config)
  expect(plain.read('vitest.config.js')).toBe(config)
  expect(common.read('vitest.config.mjs')).toBe(config)
  expect(common.read('isolane.config.mjs')).toContain('redis: redis(),')
})

test('the plugin joins others, comments and style stay, and what forced one file at a time goes', () => {
  const { text, notes } = edited(`// Ours.
import { defineConfig } from "vitest/config";
import paths from "vite-tsconfig-paths";

export default defineConfig(({ mode }) => ({
	plugins: [
		// Aliases.
		paths(),
	],
	test: {
		pool: "forks",
		// One database for everybody,
		// so one file at a time.
		fileParallelism: false, // sigh
		maxWorkers: 1, minWorkers: 1,
		poolOptions: { forks: { singleFork: true }, threads: { isolate: false } },
		env: { LOG: "no", DATABASE_URL: "postgres://localhost/test", REDIS_PREFIX: "x" },
	},
}));
`)
  expect(text).toBe(`// Ours.
import { isolane } from "isolane/vitest";
import { defineConfig } from "vitest/config";
import paths from "vite-tsconfig-paths";

export default defineConfig(({ mode }) => ({
	plugins: [
		isolane(),
		// Aliases.
		paths(),
	],
	test: {
		pool: "forks",
		poolOptions: { threads: { isolate: false } },
		env: { LOG: "no", REDIS_PREFIX: "x" },
	},
}));
`)
  expect(notes).toEqual([])
})

test('what is empty then goes as a whole', () => {
  const { text } = edited(`export default {
  test: {
    poolOptions: {
      forks: {
        singleFork: true,
      },
    },
    env: { DATABASE_URL: 'postgres://localhost/test', REDIS_URL: 'redis://localhost' },
  },
}
`)
  expect(text).toBe(`import { isolane } from 'isolane/vitest'

export default {
  plugins: [isolane()],
  test: {
  },
}
`)
})

test.each([
  [
    'a function',
    'export default defineConfig(() => { return { test: {} } })',
    '{ return { plugins: [isolane()], test: {} } }',
  ],
  [
    'a name',
    'const config = { test: {} } satisfies UserConfig\nexport default config',
    '= { plugins: [isolane()], test: {} } satisfies',
  ],
  ['mergeConfig', 'export default mergeConfig(base, defineConfig({}))', 'defineConfig({ plugins: [isolane()] })'],
  ['a call for plugins', 'export default { plugins: make() }', 'plugins: [isolane(), make()]'],
  [
    'CommonJS',
    'module.exports = { test: {} }',
    "const { isolane } = require('isolane/vitest')\n\nmodule.exports = { plugins: [isolane()], test: {} }",
  ],
  ['no plugins', 'export default { plugins: [] }', 'plugins: [isolane()]'],
])('%s is understood', (_, text, wanted) => {
  expect(edited(text).text).toContain(wanted)
})

test('each project in the config gets the plugin, or the root that it extends', () => {
  const { text, notes } = edited(`export default {
  test: {
    projects: [
      { extends: true, test: { name: 'a' } },
      { test: { name: 'b', poolOptions: { forks: { singleFork: true } } } },
      './packages/*',
    ],
  },
}
`)
  expect(text).toBe(`import { isolane } from 'isolane/vitest'

export default {
  plugins: [isolane()],
  test: {
    projects: [
      { extends: true, test: { name: 'a' } },
      { plugins: [isolane()], test: { name: 'b' } },
      './packages/*',
    ],
  },
}
`)
  expect(notes).toEqual([
    'vitest.config.ts: each project got the plugin; take it out of those that use no database',
    'vitest.config.ts: projects with a config file of their own need the plugin there',
  ])
})

test.each([
  ['a call of somebody else', 'export default makeConfig({ test: {} })'],
  ['only projects with files of their own', "export default { test: { projects: ['packages/*'] } }"],
  ['a syntax error', 'export default {'],
  ['no export', 'const config = {}'],
])('%s is left alone, and told', (_, text) => {
  const { text: after, byHand } = editVitestConfig('vitest.config.ts', text, variables)
  expect(after).toBe(text)
  expect(byHand).toMatch(/^vitest\.config\.ts: .* list `isolane\(\)` in `plugins`/)
})

test('variables that the config may hide are told', () => {
  expect(edited('export default { test: { env: loadEnv("test") } }').notes).toEqual([
    "vitest.config.ts: `test.env` must not set DATABASE_URL or the like: it would take the lanes' place",
  ])
})
