import { describe, expect, test } from 'vitest'
import { longMatrix } from '../long.ts'
import { inOrder, redisClient, redisConfig, redisSpec, tellAndDirty, vitestConfig } from './files.ts'
import { openProject } from './project.ts'
import { type RunnerName, runners } from './runner.ts'

/** What tests found, in the order in which they ran, when one worker runs two files of two tests each. */
async function found(runner: RunnerName, policy: string, settings = 'isolate: false'): Promise<string[]> {
  await using project = await openProject(runner, {
    'isolane.config.ts': redisConfig(`reset: '${policy}'`),
    'vitest.config.ts': vitestConfig(`${settings}, ${inOrder}`),
    'redis.ts': redisClient,
    'a.spec.ts': redisSpec(tellAndDirty('a1'), tellAndDirty('a2')),
    'b.spec.ts': redisSpec(tellAndDirty('b1'), tellAndDirty('b2')),
  })
  const { code, output } = await project.run()
  expect(code, output).toBe(0)
  await project.expectNothingLeft()
  return [...output.matchAll(/(\w\d found \d+) in lane-1/g)].map(([, line]) => line ?? '')
}

for (const { value: runner, why } of longMatrix(runners)) {
  describe.skipIf(why)(`${runner}: a worker that keeps its lane finds it clean${why}`, () => {
    test("before each file, with reset 'file'", async () => {
      expect(await found(runner, 'file')).toEqual(['a1 found 0', 'a2 found 1', 'b1 found 0', 'b2 found 1'])
    })

    test("before each file in a VM context, with reset 'file'", async () => {
      const lines = await found(runner, 'file', "pool: 'vmThreads'")
      expect(lines).toEqual(['a1 found 0', 'a2 found 1', 'b1 found 0', 'b2 found 1'])
    })

    test("before each test, with reset 'test'", async () => {
      expect(await found(runner, 'test')).toEqual(['a1 found 0', 'a2 found 0', 'b1 found 0', 'b2 found 0'])
    })

    test("only when it got it, with reset 'never'", async () => {
      expect(await found(runner, 'never')).toEqual(['a1 found 0', 'a2 found 1', 'b1 found 2', 'b2 found 3'])
    })
  })
}
