/** Several Vitest projects in one run: with one stack, with stacks of their own. */
import { describe, expect, test } from 'vitest'
import { longMatrix } from '../long.ts'
import { redisConfig } from './files.ts'
import { openProject, type Project } from './project.ts'
import { type RunnerName, runners } from './runner.ts'

/** Each leaves in `found` which services it has and where they are. */
const spec = `
import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Redis } from 'ioredis'
import { expect, inject, test } from 'vitest'

test('has a lane', async ({ task }) => {
  const redis = new Redis(process.env.REDIS_URL)
  expect(await redis.incr('count')).toBe(1)
  redis.disconnect()
  const { services } = inject('isolane')
  writeFileSync('found-' + task.file.projectName, Object.keys(services) + ' at ' + process.env.REDIS_PORT)
})
`

function configWith(rootPlugins: string, projects: string): string {
  return `
import { redis } from 'isolane'
import { isolane } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

const cache = { services: { cache: redis() } }
const two = { services: { left: redis(), right: redis() } }
const test = (name) => ({ name, include: [name + '.spec.ts'] })
export default defineConfig({ plugins: [${rootPlugins}], test: { projects: [${projects}] } })
`
}

async function open(runner: RunnerName, config: string, names: readonly string[]): Promise<Project> {
  return openProject(runner, {
    'isolane.config.ts': redisConfig(),
    'vitest.config.ts': config,
    ...Object.fromEntries(names.map((name) => [`${name}.spec.ts`, spec])),
  })
}

async function found(project: Project, names: readonly string[]): Promise<string[]> {
  const { code, output } = await project.run()
  expect(code, output).toBe(0)
  await project.expectNothingLeft()
  return names.map((name) => project.read(`found-${name}`))
}

for (const { value: runner, why } of longMatrix(runners))
  describe(`${runner}${why}`, () => {
    test.skipIf(why)('projects that extend a root with the plugin share its stack', async () => {
      const config = configWith(
        'isolane()',
        "{ extends: true, test: test('one') }, { extends: true, test: test('two') }",
      )
      await using project = await open(runner, config, ['one', 'two'])
      const [one, two] = await found(project, ['one', 'two'])
      expect(one).toMatch(/^redis at \d+$/)
      expect(two).toBe(one)
    })

    test.skipIf(why)('projects with the plugin share one stack or have their own, as their options say', async () => {
      const projects = `
      { plugins: [isolane()], test: test('one') },
      { plugins: [isolane()], test: test('two') },
      { plugins: [isolane(cache)], test: test('three') },
      { plugins: [isolane(two)], test: test('four') },
    `
      const names = ['one', 'two', 'three', 'four']
      await using project = await open(runner, configWith('', projects), names)
      const [one, two, three, four] = await found(project, names)
      expect(one).toMatch(/^redis at \d+$/)
      expect(two).toBe(one)
      expect(three).toMatch(/^cache at \d+$/)
      expect(four).toMatch(/^left,right at \d+$/)
      expect(new Set([one, three, four].map((text) => text?.split(' at ')[1])).size).toBe(3)
    })

    test.skipIf(why)('a project may have options of its own where the root has the plugin as well', async () => {
      const projects = `
      { extends: true, test: test('one') },
      { extends: true, plugins: [isolane(cache)], test: test('two') },
    `
      await using project = await open(runner, configWith('isolane()', projects), ['one', 'two'])
      const [one, two] = await found(project, ['one', 'two'])
      expect(one).toMatch(/^redis at \d+$/)
      expect(two).toMatch(/^cache at \d+$/)
    })
  })

test('projects inside a project that has the plugin: they have lanes, or the run says what to do', async () => {
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': redisConfig(),
    'vitest.config.ts': "export default { test: { projects: ['./inner/vitest.config.ts'] } }\n",
    'inner/vitest.config.ts': configWith('isolane()', "{ test: test('one') }, { test: test('two') }"),
    'inner/one.spec.ts': spec,
    'inner/two.spec.ts': spec,
  })
  const refused = await project.run()
  expect(refused.code, refused.output).toBe(1)
  expect(refused.output).toMatch(
    /The Vitest project "inner \(one\)" uses the isolane plugin, .*\[ISOLANE_SETUP_MISSING\]/,
  )
  project.write(
    'vitest.config.ts',
    "export default { test: { sharedViteServer: false, projects: ['./inner/vitest.config.ts'] } }\n",
  )
  const { code, output, passed } = await project.run()
  expect(code, output).toBe(0)
  expect(passed).toHaveLength(2)
  await project.expectNothingLeft()
})
