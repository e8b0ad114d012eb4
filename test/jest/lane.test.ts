/** `lane()` in tests: what it is, when it is clean, and what becomes of its clients. */
import { describe, expect, test } from 'vitest'
import { long } from '../long.ts'
import { openProject } from '../vitest/project.ts'
import { type JestRunnerName, jestRunners } from '../vitest/runner.ts'
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

describe.each(jestRunners)('%s', (runner) => {
  test('clients work in all hooks and tests of a file, and end after its last hook', async () => {
    await using project = await openProject(runner, {
      ...commonJs,
      'isolane.config.mts': redisConfig("reset: 'test', env: () => ({ PGHOST: 'here' })"),
      'jest.config.js': wrappedConfig("setupFilesAfterEnv: ['./after-env.js']"),
      'after-env.js': `
const { lane } = require('isolane/jest/test')
let client
beforeAll(async () => { client = await lane().redis.client() })
afterAll(async () => { console.log('hook of all files: ' + (await client.ping())) })
`,
      'a.test.js': `
const { expectEmpty, lane } = require('isolane/jest/test')
const { Redis } = require('ioredis')
let client
beforeAll(async () => { client = await lane().redis.client() })
afterAll(async () => { console.log('hook of this file: ' + (await client.ping())) })

test('dirties', async () => {
  expect(client).toBeInstanceOf(Redis)
  await expectEmpty(lane())
  await client.set('dirt', '1')
  await expect(expectEmpty(lane())).rejects.toMatchObject({ code: 'ISOLANE_LANE_NOT_EMPTY' })
})
test('neither tests nor what they start see what would lead past the lane', () => {
  expect(process.env).toMatchObject({ PGHOST: 'here' })
  expect(process.env).not.toHaveProperty('PGSERVICE')
  const { execFileSync } = require('node:child_process')
  expect(execFileSync(process.execPath, ['-p', 'process.env.PGHOST + process.env.PGSERVICE']) + '').toBe('hereundefined\\n')
})
test('is clean, also when modules are loaded anew', async () => {
  jest.resetModules()
  const again = require('isolane/jest/test').lane()
  await expectEmpty(again)
  await client.set('dirt', '2')
  await again.reset('redis')
  expect(await client.dbsize()).toBe(0)
})
`,
    })
    const { code, output } = await project.run(['--detectOpenHandles'], { env: { PGSERVICE: 'production' } })
    expect(code, output).toBe(0)
    expect(output).toMatch(/hook of all files: PONG[\s\S]*hook of this file: PONG/)
    expect(output).not.toMatch(/open handle|did not exit/)
    await project.expectNothingLeft()
  })

  test.skipIf(long)(`a worker goes on with another lane where a failed test's lane is kept${long}`, async () => {
    await using project = await openProject(runner, {
      ...commonJs,
      'isolane.config.mts': redisConfig("keep: 'failed'"),
      'jest.config.js': presetConfig(),
      'redis.js': redisClient,
      'a.test.js': redisSpec(tellAndDirty('a'), "test('fails', () => expect(1).toBe(2))\n"),
      'b.test.js': redisSpec(tellAndDirty('b'), "test('fails', () => expect(1).toBe(2))\n"),
    })
    const { output } = await project.run(['--runInBand'])
    expect(
      told(output)
        .map((line) => line.replace(/^\w /, ''))
        .sort(),
    ).toEqual(['found 0 in lane-1', 'found 0 in lane-2'])
    expect(output).toMatch(/isolane: "fails" failed on lane-1\s[^"]*kept as this file leaves it: isolane open lane-1/)
    expect((await project.cli('status')).output).toMatch(/lane-1 +kept.*\n.*lane-2 +kept/)
    await project.cli('down')
    await project.expectNothingLeft()
  })
})

/** What tests found when one worker runs two files of two tests each. */
async function found(runner: JestRunnerName, policy: string): Promise<string[]> {
  await using project = await openProject(runner, {
    ...commonJs,
    'isolane.config.mts': redisConfig(`reset: '${policy}'`),
    'jest.config.js': presetConfig("testSequencer: './in-order.js'"),
    'in-order.js': `
const { default: Sequencer } = require('@jest/test-sequencer')
module.exports = class extends Sequencer {
  sort(tests) { return [...tests].sort((left, right) => (left.path < right.path ? -1 : 1)) }
}
`,
    'redis.js': redisClient,
    'a.test.js': redisSpec(tellAndDirty('a1'), tellAndDirty('a2')),
    'b.test.js': redisSpec(tellAndDirty('b1'), tellAndDirty('b2')),
  })
  const { code, output } = await project.run(['--runInBand'])
  expect(code, output).toBe(0)
  await project.expectNothingLeft()
  return told(output).map((line) => line.replace(' in lane-1', ''))
}

describe.skipIf(long).each(jestRunners)(`%s: a worker's lane is clean${long}`, (runner) => {
  test.each([
    ['file', ['a1 found 0', 'a2 found 1', 'b1 found 0', 'b2 found 1']],
    ['test', ['a1 found 0', 'a2 found 0', 'b1 found 0', 'b2 found 0']],
    ['never', ['a1 found 0', 'a2 found 1', 'b1 found 2', 'b2 found 3']],
  ])("with reset '%s'", async (policy, lines) => {
    expect(await found(runner, policy)).toEqual(lines)
  })
})
