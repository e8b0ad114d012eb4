/** Runs that are ended from outside: whatever way, nothing is left. */
import { describe, expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { redisClient, redisConfig, redisSpec, stackConfig, vitestConfig } from './files.ts'
import { openProject, type Project } from './project.ts'
import { type RunnerName, runners } from './runner.ts'

async function openHolding(runner: RunnerName, pool = 'forks'): Promise<Project> {
  return openProject(runner, {
    'isolane.config.ts': redisConfig(),
    'vitest.config.ts': vitestConfig(`pool: '${pool}'`),
    'redis.ts': redisClient,
    'a.spec.ts': redisSpec(`
test('holds', async () => {
  await redis.set('dirt', '1')
  console.log('holding ' + process.env.ISOLANE_LANE)
  if (!process.env.PASSING) await new Promise(() => {})
}, 120_000)
`),
  })
}

/** Servers, socket and data of a run at work: what must be gone afterwards. */
function expectServers(project: Project): void {
  expect(project.leftovers.processes().some(({ command }) => /(redis|valkey)-server/.test(command))).toBe(true)
}

for (const { value: runner, why } of longMatrix(runners))
  describe(`${runner}${why}`, () => {
    test.skipIf(why).each(['SIGINT', 'SIGTERM'] as const)('%s in the middle of a run', async (signal) => {
      await using project = await openHolding(runner)
      const vitest = project.start(['run'])
      await vitest.says(/holding lane-1/)
      expectServers(project)
      vitest.signal(signal)
      expect((await vitest.ended).code).not.toBe(0)
      await project.expectNothingLeft()
    })

    test.skipIf(why)('SIGKILL: the next run removes what is left, and is green', async () => {
      await using project = await openHolding(runner)
      const vitest = project.start(['run'])
      await vitest.says(/holding lane-1/)
      vitest.signal('SIGKILL')
      await vitest.ended
      expectServers(project)
      const next = await project.run([], { env: { PASSING: '1' } })
      expect(next.code, next.output).toBe(0)
      expect(next.output).toMatch(/isolane stack: removed what an earlier run left: .*server/)
      await project.expectNothingLeft()
    })
  })

test.skipIf(long)(`SIGINT twice, the second one at once${long}`, async () => {
  await using project = await openHolding('vitest-5')
  const vitest = project.start(['run'])
  await vitest.says(/holding lane-1/)
  vitest.signal('SIGINT')
  vitest.signal('SIGINT')
  await vitest.ended
  await project.expectNothingLeft()
})

test.skipIf(process.platform !== 'linux' || long)(
  `Ctrl-C twice on a terminal (Linux): workers get it too${long}`,
  async () => {
    await using project = await openHolding('vitest-5', 'threads')
    const vitest = project.start(['run'], { terminal: true })
    await vitest.says(/holding lane-1/)
    vitest.type('\u0003')
    vitest.type('\u0003')
    await vitest.ended
    await project.expectNothingLeft()
  },
)

test('SIGINT while the set-up still works', async () => {
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': stackConfig(
      "redis: redis({ seed: async () => { console.log('seeding'); await new Promise(() => setInterval(() => {}, 1000)) } })",
    ),
    'vitest.config.ts': vitestConfig(),
    'a.spec.ts': "import { test } from 'vitest'\ntest('waits', () => {})\n",
  })
  const vitest = project.start(['run'])
  await vitest.says(/seeding/)
  expectServers(project)
  vitest.signal('SIGINT')
  await vitest.ended
  await project.expectNothingLeft()
})

test('SIGKILL: `isolane gc` shows and removes what is left', async () => {
  await using project = await openHolding('vitest-5')
  const vitest = project.start(['run'])
  await vitest.says(/holding lane-1/)
  vitest.signal('SIGKILL')
  await vitest.ended
  const { code, output } = await project.cli('gc')
  expect(code, output).toBe(0)
  expect(output).toMatch(/removed .*server/)
  await project.expectNothingLeft()
  expect((await project.cli('gc')).output).toBe('Nothing was left behind.\n')
})
