/** Watch mode, on a terminal: Jest runs the global hooks on every cycle. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { openProject } from '../vitest/project.ts'
import { jestRunners } from '../vitest/runner.ts'
import { commonJs, presetConfig, redisClient, redisConfig, redisSpec, stackConfig } from './files.ts'

const hasTerminals = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
const needs = hasTerminals ? '' : ' (skipped: needs util-linux’s `script`)'

function tells(round: string): string {
  return redisSpec(`
test('tells', async () => {
  const pid = /process_id:(\\d+)/.exec(await redis.info('server'))[1]
  console.log('${round}: found ' + (await redis.dbsize()) + ' on pid ' + pid + ' port ' + process.env.REDIS_PORT + '.')
  await redis.set('dirt', '1')
})
`)
}

const files = {
  ...commonJs,
  'isolane.config.mts': redisConfig(),
  'jest.config.js': presetConfig(),
  'redis.js': redisClient,
  'a.test.js': tells('first'),
}

/** Fails as long as `seed.txt` says so. */
const seed = `
async function seed() {
  const { readFileSync } = await import('node:fs')
  if (readFileSync('seed.txt', 'utf8') === 'broken') throw new Error('no seed today')
}
`

for (const { value: runner, why } of longMatrix(jestRunners))
  describe.skipIf(!hasTerminals)(`${runner}${why}${needs}`, () => {
    test.skipIf(why)('instances stay up between cycles, lanes are clean, and q ends everything', async () => {
      await using project = await openProject(runner, files)
      const jest = project.start(['--watchAll'], { terminal: true })
      const [, found, server] = await jest.says(/first: found (\d+) on (pid \d+ port \d+)\./)
      expect(found).toBe('0')
      await jest.says(/Watch Usage/)
      project.write('a.test.js', tells('second'))
      const [, foundAgain, serverAgain] = await jest.says(/second: found (\d+) on (pid \d+ port \d+)\./)
      expect(foundAgain).toBe('0')
      expect(serverAgain).toBe(server)
      await jest.says(/Watch Usage/, { from: jest.output.indexOf('second: found') })
      jest.type('q')
      expect((await jest.ended).code, jest.output).toBe(0)
      await project.expectNothingLeft()
    })

    test.skipIf(why || long)(
      `each cycle has what its config asks for now, also after a failure; Ctrl-C ends it${long}`,
      async () => {
        await using project = await openProject(runner, {
          ...files,
          'isolane.config.mts': stackConfig("redis: redis({ seed: { run: seed, inputs: ['seed.txt'] } })") + seed,
          'seed.txt': 'broken',
        })
        const jest = project.start(['--watchAll'], { terminal: true })
        await jest.says(
          /set-up failed, so this file does not run.*\[ISOLANE_SETUP_FAILED\]\s+The seed function of redis/,
        )
        const servers: string[] = []
        let from = 0
        for (const text of ['one', 'another']) {
          await jest.says(/Watch Usage/, { from })
          from = jest.output.length
          project.write('seed.txt', text)
          jest.type('a')
          const [, server = ''] = await jest.says(/first: found 0 on (pid \d+ port \d+)/, { from })
          servers.push(server)
        }
        expect(new Set(servers).size).toBe(2)
        jest.type('\u0003')
        await jest.ended
        await project.expectNothingLeft()
      },
    )
  })
