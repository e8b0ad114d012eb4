/** Every pool, with and without isolation, at once on one stack: no worker ever shares its lane. */
import { describe, expect, test } from 'vitest'
import { long } from '../long.ts'
import { redisClient, redisConfig, redisSpec } from './files.ts'
import { openProject } from './project.ts'
import type { RunnerName } from './runner.ts'

const runners: readonly { name: RunnerName; files: number }[] = [
  { name: 'vitest-5', files: 20 },
  { name: 'vitest-4', files: 5 },
  { name: 'vitest-3', files: 5 },
]
const pools = ['forks', 'threads', 'vmForks', 'vmThreads']

const projects = pools.flatMap((pool) =>
  [true, false].map((isolate) => ({ name: `${pool}-${isolate}`, pool, isolate })),
)

const vitestConfig = `
import { isolane } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [isolane()],
  test: {
    maxWorkers: 4,
    minWorkers: 1,
    projects: ${JSON.stringify(projects)}.map((test) => ({
      extends: true,
      test: { ...test, include: ['tests/' + test.name + '/*.spec.ts'] },
    })),
  },
})
`

// Nobody else's key may appear while the test waits for the server a few times.
const spec = redisSpec(`
test('has the lane for itself', async () => {
  expect(await redis.keys('*')).toEqual([])
  const mine = crypto.randomUUID()
  await redis.set(mine, process.env.ISOLANE_LANE)
  for (let round = 0; round < 20; round += 1) expect(await redis.keys('*')).toEqual([mine])
})
`).replace('./redis.ts', '../../redis.ts')

describe.each(runners)('$name', ({ name, files }) => {
  const why = name === 'vitest-5' ? '' : long
  test.skipIf(why)(`forks, threads and VM contexts, isolated or not${why}`, async () => {
    const specs = projects.flatMap((project) =>
      Array.from({ length: files }, (_, index) => [`tests/${project.name}/${index}.spec.ts`, spec]),
    )
    await using project = await openProject(name, {
      'isolane.config.ts': redisConfig(),
      'vitest.config.ts': vitestConfig,
      'redis.ts': redisClient,
      ...Object.fromEntries(specs),
    })
    const { code, output, passed } = await project.run([], { env: { ISOLANE_REPORT_FILE: 'report.json' } })
    expect(code, output).toBe(0)
    expect(passed).toHaveLength(projects.length * files)
    const { pool } = JSON.parse(project.read('report.json')) as { pool: { peak: number; created: number } }
    expect(pool.peak).toBeGreaterThan(1)
    await project.expectNothingLeft()
  })
})
