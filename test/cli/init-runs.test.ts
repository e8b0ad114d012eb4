/** Suites that ran one file at a time on one database run in parallel after `isolane init --yes`, with the real runners. */
import { expect, test } from 'vitest'
import { long } from '../long.ts'
import { openProject, type Project } from '../vitest/project.ts'
import { packageJson } from './init-project.ts'

async function convert(project: Project): Promise<void> {
  const { code, output } = await project.cli('init', '--yes')
  expect(code, output).toBe(0)
  expect((await project.cli('init')).output).toContain('There is nothing to do.')
}

/** Each waits until the other has written, so that they pass only side by side and apart. */
function meeting(own: string, other: string, imports: string): string {
  return `
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
${imports}
const redis = new Redis(process.env.REDIS_URL)
afterAll(() => redis.disconnect())

test('${own} has a database to itself', async () => {
  await redis.set('${own}', 'here')
  writeFileSync('${own}.met', '')
  for (let waited = 0; waited < 20_000 && !existsSync('${other}.met'); waited += 20) await delay(20)
  expect(existsSync('${other}.met')).toBe(true)
  expect(await redis.keys('*')).toEqual(['${own}'])
})
`
}

test('Vitest, with a config that allowed one file at a time', async () => {
  const imports = "import { afterAll, expect, test } from 'vitest'"
  await using project = await openProject('vitest-5', {
    'package.json': packageJson({ test: 'vitest run' }, ['isolane', 'vitest', 'ioredis'], { type: 'module' }),
    'vitest.config.js': `import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    fileParallelism: false,
    env: { REDIS_URL: 'redis://nowhere.invalid' },
  },
})
`,
    'a.test.js': meeting('a', 'b', imports),
    'b.test.js': meeting('b', 'a', imports),
  })
  await convert(project)
  const { code, output, passed } = await project.run(['--maxWorkers=2'])
  expect({ code, passed: passed.length }, output).toEqual({ code: 0, passed: 2 })
  await project.expectNothingLeft()
})

test.skipIf(long)(`Jest, with a preset and a global set-up in package.json${long}`, async () => {
  await using project = await openProject('jest-30', {
    'package.json': packageJson({ test: 'jest --runInBand' }, ['isolane', 'jest', 'ioredis'], {
      jest: { preset: './own.json', globalSetup: './set-up.js', maxWorkers: 1 },
    }),
    'own.json': '{ "testMatch": ["**/*.spec.js"] }\n',
    'set-up.js': "module.exports = () => require('node:fs').writeFileSync('set-up.ran', '')\n",
    'a.spec.js': commonJs(meeting('a', 'b', '')),
    'b.spec.js': commonJs(meeting('b', 'a', '')),
  })
  await convert(project)
  expect(project.read('jest.config.mjs')).toContain('withIsolane({')
  const { code, output, passed } = await project.run(['--maxWorkers=2'])
  expect({ code, passed: passed.length }, output).toEqual({ code: 0, passed: 2 })
  expect(project.list('.')).toContain('set-up.ran')
  await project.expectNothingLeft()
})

test.skipIf(long)(`Jest, with a preset in JSON${long}`, async () => {
  await using project = await openProject('jest-30', {
    'package.json': packageJson({ e2e: 'jest -c e2e/jest.json -i' }, ['isolane', 'jest', 'ioredis']),
    'e2e/jest.json': '{\n  "preset": "./own.json",\n  "setupFiles": ["./set-up.js"]\n}\n',
    'e2e/own.json': '{ "testMatch": ["**/*.spec.js"] }\n',
    'e2e/set-up.js': "if (!process.env.REDIS_PORT) throw new Error('no lane yet')\n",
    'e2e/a.spec.js': commonJs(meeting('a', 'b', '')),
    'e2e/b.spec.js': commonJs(meeting('b', 'a', '')),
  })
  await convert(project)
  const { code, output, passed } = await project.run(['-c', 'e2e/jest.json', '--maxWorkers=2'])
  expect({ code, passed: passed.length }, output).toEqual({ code: 0, passed: 2 })
  await project.expectNothingLeft()
})

function commonJs(text: string): string {
  return text.replace(/^import \{ (.*) \} from (.*)$/gm, (_, names: string, from: string) => {
    return `const { ${names.replace(' as ', ': ')} } = require(${from})`
  })
}
