/** Workers and servers that are killed in the middle of a test. */
import { describe, expect, test } from 'vitest'
import { longMatrix } from '../long.ts'
import { inOrder, redisClient, redisConfig, redisSpec, vitestConfig } from './files.ts'
import { openProject } from './project.ts'
import { runners } from './runner.ts'

for (const { value: runner, why } of longMatrix(runners))
  describe(`${runner}${why}`, () => {
    test.skipIf(why)(
      'a worker killed with SIGKILL gives its lane back, and a following file finds it clean',
      async () => {
        await using project = await openProject(runner, {
          'isolane.config.ts': redisConfig(),
          'vitest.config.ts': vitestConfig(`pool: 'forks', ${inOrder}`),
          'redis.ts': redisClient,
          'a.spec.ts': redisSpec(`
test('dies', async () => {
  await redis.set('dirt', 'of ' + process.env.ISOLANE_LANE)
  process.kill(process.pid, 'SIGKILL')
  await new Promise(() => {})
})
`),
          'b.spec.ts': redisSpec(`
test('has the only lane, clean', async () => {
  expect(process.env.ISOLANE_LANE).toBe('lane-1')
  expect(await redis.dbsize()).toBe(0)
})
`),
        })
        const { code, output, passed } = await project.run([], { env: { ISOLANE_LANES: '1' } })
        expect(code, output).toBe(1)
        expect(output).toMatch(/Worker exited unexpectedly|Worker forks emitted error|Channel closed/)
        // Vitest 3 ends the whole run when a worker is gone.
        expect(passed, output).toEqual(runner === 'vitest-3' ? [] : ['has the only lane, clean'])
        await project.expectNothingLeft()
      },
    )
  })

test.each([true, false])('a server killed in the middle is started again, with isolate: %s', async (isolate) => {
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': redisConfig(),
    'vitest.config.ts': vitestConfig(`isolate: ${isolate}, ${inOrder}`),
    'redis.ts': redisClient,
    'a.spec.ts': `
import { Redis } from 'ioredis'
import { test } from 'vitest'
test('kills the server', async () => {
  const redis = new Redis(process.env.REDIS_URL, { retryStrategy: null })
  redis.on('error', () => {})
  await redis.set('dirt', '1')
  const ended = new Promise((resolve) => redis.once('close', resolve))
  process.kill(Number(/process_id:(\\d+)/.exec(await redis.info('server'))[1]), 'SIGKILL')
  await ended
  redis.disconnect()
})
`,
    'b.spec.ts': redisSpec(`
test('works on', async () => {
  expect(await redis.dbsize()).toBe(0)
  expect(await redis.set('key', 'value')).toBe('OK')
})
`),
  })
  const { code, output, passed } = await project.run()
  expect(code, output).toBe(0)
  expect(passed).toEqual(['kills the server', 'works on'])
  expect(output).toMatch(/isolane redis: the server ended unasked and is started again/)
  await project.expectNothingLeft()
})
