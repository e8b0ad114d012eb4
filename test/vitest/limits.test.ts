/** More workers than lanes. */
import { expect, test } from 'vitest'
import { long } from '../long.ts'
import { redisClient, redisConfig, redisSpec, vitestConfig } from './files.ts'
import { openProject } from './project.ts'

test('more workers than lanes: they wait their turn', async () => {
  const spec = redisSpec(`
test('has a clean lane', async () => {
  expect(['lane-1', 'lane-2']).toContain(process.env.ISOLANE_LANE)
  expect(await redis.incr('count')).toBe(1)
})
`)
  const specs = Array.from({ length: 12 }, (_, index) => [`${index}.spec.ts`, spec])
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': redisConfig(),
    'vitest.config.ts': vitestConfig('maxWorkers: 6'),
    'redis.ts': redisClient,
    ...Object.fromEntries(specs),
  })
  const env = { ISOLANE_LANES: '2', ISOLANE_REPORT_FILE: 'report.json' }
  const { code, output, passed } = await project.run([], { env })
  expect(code, output).toBe(0)
  expect(passed).toHaveLength(12)
  const { pool } = JSON.parse(project.read('report.json')) as { pool: { limit: number; peak: number } }
  expect(pool).toMatchObject({ limit: 2, peak: 2 })
  await project.expectNothingLeft()
})

test.skipIf(long)(`a worker that waits too long fails, saying who holds the lanes and what to do${long}`, async () => {
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': redisConfig('leaseTimeout: 1000'),
    'vitest.config.ts': `
import { writeFileSync } from 'node:fs'
import { isolane } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

const ends = { onTestModuleEnd: () => writeFileSync('one-ended', '') }
export default defineConfig({ plugins: [isolane()], test: { maxWorkers: 2, reporters: ['default', ends] } })
`,
    'a.spec.ts': holdUntilTheOtherEnds,
    'b.spec.ts': holdUntilTheOtherEnds,
  })
  const program = project.start(['run'], { env: { ISOLANE_LANES: '1' } })
  expect((await program.ended).code, program.output).toBe(1)
  expect(program.output).toMatch(
    /No lane came free within 1 s; 1 of at most 1 lanes are leased: lane-1 by vitest worker \d+ \(pid \d+\): raise `lanes`.*\[ISOLANE_LANES_EXHAUSTED\]/,
  )
  expect(program.output).toMatch(/Tests\s+1 passed/)
  await project.expectNothingLeft()
})

const holdUntilTheOtherEnds = `
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
test('holds the only lane', async () => {
  await expect.poll(() => existsSync('one-ended'), { timeout: 30_000 }).toBe(true)
}, 40_000)
`
