/** Runs that are ended from outside: whatever way, nothing is left. */
import { describe, expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { openProject, type Project } from '../vitest/project.ts'
import { type JestRunnerName, jestRunners } from '../vitest/runner.ts'
import { commonJs, presetConfig, redisClient, redisConfig, redisSpec } from './files.ts'

/** Two files, so that each has a worker; they hold their lanes until the run is ended. */
async function openHolding(runner: JestRunnerName): Promise<Project> {
  const spec = redisSpec(`
test('holds', async () => {
  await redis.set('dirt', '1')
  require('node:fs').writeSync(2, 'holding ' + process.env.ISOLANE_LANE + '\\n')
  if (!process.env.PASSING) await new Promise(() => {})
})
`)
  return openProject(runner, {
    ...commonJs,
    'isolane.config.mts': redisConfig(),
    'jest.config.js': presetConfig(),
    'redis.js': redisClient,
    'a.test.js': spec,
    'b.test.js': spec,
  })
}

for (const { value: runner, why } of longMatrix(jestRunners))
  describe(`${runner}${why}`, () => {
    test.skipIf(why || long)(`SIGINT in band${long}`, async () => {
      await using project = await openHolding(runner)
      const jest = project.start(['--runInBand'])
      await jest.says(/holding lane-1/)
      jest.signal('SIGINT')
      expect((await jest.ended).code).not.toBe(0)
      await project.expectNothingLeft()
    })

    test.skipIf(why || long)(
      `SIGKILL in the middle of a parallel run: the next run removes what is left, and is green${long}`,
      async () => {
        await using project = await openHolding(runner)
        const jest = project.start(['--maxWorkers=2'])
        await jest.says(/holding lane-\d[\s\S]*holding lane-\d/)
        jest.signal('SIGKILL')
        await jest.ended
        expect(project.leftovers.processes().some(({ command }) => /(redis|valkey)-server/.test(command))).toBe(true)
        const next = await project.run([], { env: { PASSING: '1' } })
        expect(next.code, next.output).toBe(0)
        expect(next.output).toMatch(/isolane stack: removed what an earlier run left: .*server/)
        // Jest's workers go on with their tests when Jest is gone.
        await expect.poll(() => project.leftovers.processes(), { timeout: 30_000 }).toEqual([])
        await project.expectNothingLeft()
      },
    )
  })

test.skipIf(Boolean(process.platform !== 'linux' || long))(
  `Ctrl-C on a terminal (Linux): workers get it too${long}`,
  async () => {
    await using project = await openHolding('jest-30')
    const jest = project.start(['--maxWorkers=2'], { terminal: true })
    await jest.says(/holding lane-\d[\s\S]*holding lane-\d/)
    jest.type('\u0003')
    await jest.ended
    await project.expectNothingLeft()
  },
)
