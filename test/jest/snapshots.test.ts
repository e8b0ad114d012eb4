/** Snapshots in Jest: `lane().snapshot()` and `restore()`, and what is saved after a run. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { openProject, type Project } from '../vitest/project.ts'
import { type JestRunnerName, jestRunners } from '../vitest/runner.ts'
import { itemsIn, itemsTable, keptLanes, quickConfig, savedFolder, savedName, store } from '../vitest/snapshot-files.ts'
import { commonJs, presetConfig, redisClient, redisSpec } from './files.ts'

const storing = (item: string) => `test('stores ${item}', async () => {${store(item)}})\n`
const fail = "test('fails', () => expect(1).toBe(2))\n"

function open(runner: JestRunnerName, settings: string, files: Readonly<Record<string, string>>): Promise<Project> {
  return openProject(runner, {
    ...commonJs,
    'isolane.config.mts': quickConfig(settings),
    'jest.config.js': presetConfig(),
    'redis.js': redisClient,
    ...itemsTable,
    ...files,
  })
}

const marks = `
const { lane } = require('isolane/jest/test')

test('a state comes back as often as wanted', async () => {
  const redis = await lane().cache.client()
  await expect(lane().restore('one')).rejects.toThrow(/this test file has kept none/)
  await redis.set('a', '1')
  await lane().snapshot('one')
  for (const again of [1, 2]) {
    await redis.set('b', '1')
    await lane().restore('one')
    expect(await redis.keys('*')).toEqual(['a'])
  }
})

test('a name that there is not is told, with those that there are', async () => {
  const problem = await lane().restore('onne').catch((error) => error)
  expect(problem.code).toBe('ISOLANE_SNAPSHOT_NOT_FOUND')
  expect(problem.message).toContain('this test file has kept one with lane.snapshot()')
})
`

for (const { value: runner, why } of longMatrix(jestRunners))
  describe.skipIf(why || long)(`${runner}${long}`, () => {
    test('a lane goes back to what it was, in each file anew', async () => {
      await using project = await open(runner, '', { 'a.test.js': marks, 'b.test.js': marks })
      const { failed, passed, output, messages } = await project.run(['--runInBand'])
      expect(failed, `${output}${messages}`).toEqual([])
      expect(passed).toHaveLength(4)
      await project.expectNothingLeft()
    })

    test('what a failed file left is opened elsewhere by one command, and comes back in a test', async () => {
      await using project = await open(runner, "after: 'snapshot-on-failure'", {
        'a.test.js': redisSpec(storing('a'), fail),
        'b.test.js': redisSpec(storing('b')),
      })
      const { code, output } = await project.run()
      expect(code, output).toBe(1)
      const name = savedName(output)
      const [told = '', lane = ''] =
        /saved after the run as this file leaves it: isolane snapshot restore (\S+) --lane lane-\d/.exec(output) ?? []
      expect(lane, told).toBe(name)
      await project.expectNothingLeft()

      await using elsewhere = await open(runner, '', {
        'c.test.js': `
const { lane } = require('isolane/jest/test')

test('the failing state is there', async () => {
  await lane().restore('./${name}')
  expect(await (await lane().cache.client()).keys('*')).toEqual(['a'])
})
`,
      })
      cpSync(savedFolder(output), join(elsewhere.root, name), { recursive: true })
      const restored = await elsewhere.cli('snapshot', 'restore', `./${name}`)
      expect(restored, restored.output).toMatchObject({ code: 0 })
      expect(await Promise.all((await keptLanes(elsewhere)).map(itemsIn))).toEqual([['a']])
      const reproduced = await elsewhere.run()
      expect(reproduced.failed, `${reproduced.output}${reproduced.messages}`).toEqual([])
      expect(reproduced.passed).toEqual(['the failing state is there'])
      await elsewhere.cli('down')
      await elsewhere.expectNothingLeft()
    })

    test('what the last file left is saved; of a run in which nothing fails, only where that is asked for', async () => {
      await using project = await open(runner, "after: 'snapshot-on-failure'", {
        'a.test.js': redisSpec(storing('a')),
      })
      const quiet = await project.run()
      expect(quiet.code, quiet.output).toBe(0)
      expect(quiet.output).not.toContain('snapshot')
      const { code, output } = await project.run([], { env: { ISOLANE_AFTER: 'snapshot' } })
      expect(code, output).toBe(0)
      expect(output).toMatch(
        /has the lanes as the last test files left them .*\n {2}lane-1\n {2}isolane snapshot restore/,
      )
      await project.expectNothingLeft()
    })
  })
