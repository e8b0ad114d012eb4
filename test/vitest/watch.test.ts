/** Watch mode, on a terminal. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { longMatrix } from '../long.ts'
import { redisClient, redisConfig, stackConfig, vitestConfig } from './files.ts'
import { openProject } from './project.ts'
import { runners } from './runner.ts'

const hasTerminals = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
const needs = hasTerminals ? '' : ' (skipped: needs util-linux’s `script`)'

function tells(round: string): string {
  return `
import { expect, test } from 'vitest'
import { redis } from './redis.ts'
test('tells', async () => {
  const pid = /process_id:(\\d+)/.exec(await redis.info('server'))[1]
  console.log('${round}: found ' + (await redis.dbsize()) + ' on pid ' + pid + ' port ' + process.env.REDIS_PORT + '.')
  await redis.set('dirt', '1')
})
`
}

for (const { value: runner, why } of longMatrix(runners))
  describe.skipIf(!hasTerminals)(`${runner}${why}${needs}`, () => {
    test.skipIf(why)('instances stay up between reruns, lanes are clean, and q ends everything', async () => {
      await using project = await openProject(runner, {
        'isolane.config.ts': redisConfig(),
        'vitest.config.ts': vitestConfig(),
        'redis.ts': redisClient,
        'a.spec.ts': tells('first'),
      })
      const vitest = project.start(['--watch'], { terminal: true })
      const [, found, server] = await vitest.says(/first: found (\d+) on (pid \d+ port \d+)\./)
      expect(found).toBe('0')
      await vitest.says(/Waiting for file changes/)
      project.write('a.spec.ts', tells('second'))
      const [, foundAgain, serverAgain] = await vitest.says(/second: found (\d+) on (pid \d+ port \d+)\./)
      expect(foundAgain).toBe('0')
      expect(serverAgain).toBe(server)
      await vitest.says(/Waiting for file changes/, { from: vitest.output.indexOf('second: found') })
      vitest.type('q')
      expect((await vitest.ended).code, vitest.output).toBe(0)
      await project.expectNothingLeft()
    })

    test.skipIf(why)('after a set-up that failed a rerun fails again, and says why', async () => {
      await using project = await openProject(runner, {
        'isolane.config.ts': stackConfig("redis: redis({ seed: () => { throw new Error('no seed today') } })"),
        'vitest.config.ts': vitestConfig(),
        'a.spec.ts': "import { test } from 'vitest'\ntest('must not run', () => console.log('IT ' + 'RAN'))\n",
      })
      const vitest = project.start(['--watch'], { terminal: true })
      await vitest.says(/threw: no seed today.*\[ISOLANE_SEED_FAILED\]/)
      vitest.type('a')
      await vitest.says(
        /set-up failed, so this file does not run.*\[ISOLANE_SETUP_FAILED\]\s+The seed function of redis/,
      )
      expect(vitest.output).not.toContain('IT RAN')
      vitest.type('q')
      await vitest.ended
      await project.expectNothingLeft()
    })

    test.skipIf(why)('Ctrl-C ends everything', async () => {
      await using project = await openProject(runner, {
        'isolane.config.ts': redisConfig(),
        'vitest.config.ts': vitestConfig(),
        'redis.ts': redisClient,
        'a.spec.ts': tells('first'),
      })
      const vitest = project.start(['--watch'], { terminal: true })
      await vitest.says(/Waiting for file changes/)
      vitest.type('\u0003')
      await vitest.ended
      await project.expectNothingLeft()
    })
  })
