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
import { defineConfig } from "vitest/config";
import { isolane } from "isolane/vitest";
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

test.each([
  [
    'above the next option',
    '{ fileParallelism: false,\n  // Slow machines.\n  testTimeout: 10_000 }',
    '{ // Slow machines.\n  testTimeout: 10_000 }',
  ],
  ['before the next option', '{ maxWorkers: 1, /* slow */ testTimeout: 10 }', '{ /* slow */ testTimeout: 10 }'],
  ['behind the option before', '{ testTimeout: 10, // slow\n  maxWorkers: 1 }', '{ testTimeout: 10, // slow\n   }'],
  ['about the option itself', '{ maxWorkers: 1, // sigh\n  globals: true }', '{ globals: true }'],
  ['in one line', '{ globals: true, maxWorkers: 1, }', '{ globals: true, }'],
])('a comment %s stays, unless it was about what goes', (_, before, after) => {
  expect(edited(`export default { plugins: [], test: ${before} }\n`).text).toContain(`test: ${after} }\n`)
})

test.each([
  [
    'right above the first import',
    "// @ts-expect-error: no types\nimport a from 'a'\nimport b from 'b'\n",
    "// @ts-expect-error: no types\nimport a from 'a'\nimport { isolane } from 'isolane/vitest'\nimport b from 'b'\n",
  ],
  [
    'of several lines',
    "/*\n * Both.\n */\n// @ts-ignore\nimport {\n  a,\n} from 'a' // a\n",
    "/*\n * Both.\n */\n// @ts-ignore\nimport {\n  a,\n} from 'a' // a\nimport { isolane } from 'isolane/vitest'\n",
  ],
  [
    'of the file',
    "// Licence.\n\nimport a from 'a'\n",
    "// Licence.\n\nimport { isolane } from 'isolane/vitest'\nimport a from 'a'\n",
  ],
])('a comment %s keeps its place when an import is added', (_, before, after) => {
  expect(edited(`${before}\nexport default { plugins: [a()] }\n`).text).toBe(
    `${after}\nexport default { plugins: [isolane(), a()] }\n`,
  )
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
  ['a spread before plugins', 'export default { ...shared, plugins: [a()] }', 'plugins: [isolane(), a()]'],
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

test('projects made by defineProject get the plugin, and one that stands there twice gets it once', () => {
  const { text } = edited(`import { defineConfig, defineProject } from 'vitest/config'

const unit = defineProject({ test: { name: 'unit', maxWorkers: 1 } })

export default defineConfig({
  test: { projects: [unit, defineProject({ test: { name: 'e2e' } }), unit] },
})
`)
  expect(text).toContain("const unit = defineProject({ plugins: [isolane()], test: { name: 'unit' } })\n")
  expect(text).toContain("projects: [unit, defineProject({ plugins: [isolane()], test: { name: 'e2e' } }), unit] }")
})

test('what is left to the user keeps its tests one by one, and migrated', async () => {
  const { read, stderr } = await initialised({
    'package.json': packageJson({ pretest: 'prisma migrate deploy', test: 'vitest --no-file-parallelism' }, ['pg']),
    'prisma/schema.prisma': 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n',
    'prisma/migrations/1/migration.sql': '',
    'vitest.config.js': "import { shared } from './shared.js'\n\nexport default { ...shared }\n",
  })
  expect(JSON.parse(read('package.json') ?? '')).toMatchObject({
    scripts: { pretest: 'prisma migrate deploy', test: 'vitest --no-file-parallelism' },
  })
  expect(stderr).toMatch(/vitest\.config\.js: what is spread into it may replace its plugins/)
})

test.each([
  ['a call of somebody else', 'export default makeConfig({ test: {} })'],
  ['only projects with files of their own', "export default { test: { projects: ['packages/*'] } }"],
  ['computed projects', 'export default { test: { fileParallelism: false, projects: list() } }'],
  ['a spread that may bring plugins', 'export default { ...shared, test: { fileParallelism: false } }'],
  ['a spread behind plugins', 'export default { plugins: [], ...shared }'],
  ['a spread in a project', 'export default { test: { projects: [{ ...shared, test: {} }] } }'],
  ['a variable', 'let config = { test: {} }\nif (CI) config = {}\nexport default config'],
  ['a constant that is filled later', 'const config = { test: {} }\nconfig.plugins = []\nexport default config'],
  ['a constant that is merged into', 'const config = {}\nObject.assign(config, shared)\nexport default config'],
  ['what is changed once exported', 'module.exports = { test: {} }\nmodule.exports.plugins = []'],
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
