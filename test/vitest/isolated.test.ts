/** `mode: 'isolated'` in the real runner: every file's worker has servers of its own. */
import { expect, test } from 'vitest'
import { long } from '../long.ts'
import { redisClient, redisConfig, redisSpec, vitestConfig } from './files.ts'
import { openProject, type Project } from './project.ts'

const fileCount = 6

/** `FLUSHALL` and pub/sub reach everyone on a server: here that is nobody. */
const spec = `import { mkdirSync, writeFileSync } from 'node:fs'
import { inject } from 'vitest'
${redisSpec(`
test('has a server for itself', async () => {
  expect(await redis.dbsize()).toBe(0)
  const pid = /process_id:(\\d+)/.exec(await redis.info('server'))[1]
  mkdirSync('servers', { recursive: true })
  writeFileSync('servers/' + pid, inject('isolane').mode)
  await redis.set('key', 'value')
  await redis.flushall()
  await redis.set('key', 'value')
  expect(await redis.keys('*')).toEqual(['key'])
})
`)}`

async function openIsolated(settings: string): Promise<Project> {
  return openProject('vitest-5', {
    'isolane.config.ts': redisConfig(settings),
    'vitest.config.ts': vitestConfig('maxWorkers: 2'),
    'redis.ts': redisClient,
    ...Object.fromEntries(Array.from({ length: fileCount }, (_, index) => [`${index}.spec.ts`, spec])),
  })
}

test("mode: 'auto' on CI: a server for each file, none handed on, none left", async () => {
  await using project = await openIsolated("mode: 'auto'")
  const { code, output, passed } = await project.run([], { env: { CI: 'true', ISOLANE_REPORT_FILE: 'report.json' } })
  expect(code, output).toBe(0)
  expect(passed).toHaveLength(fileCount)
  expect(output).toMatch(/isolane stack: redis \(valkey \S+\) on native, isolated/)
  expect(project.list('servers')).toHaveLength(fileCount)
  const { pool } = JSON.parse(project.read('report.json')) as { pool: { created: number } }
  // Two workers, and one that waited at the end for a file that never came.
  expect(pool.created).toBeLessThanOrEqual(fileCount + 1)
  await project.expectNothingLeft()
})

test.skipIf(long)(
  `isolation: 'instance' for one service gives each file a server in a shared stack${long}`,
  async () => {
    await using project = await openProject('vitest-5', {
      'isolane.config.ts': `
import { defineStack, redis } from 'isolane'
export default defineStack({ services: { redis: redis({ isolation: 'instance' }), shared: redis() } })
`,
      'vitest.config.ts': vitestConfig('maxWorkers: 2'),
      'redis.ts': redisClient,
      ...Object.fromEntries(Array.from({ length: fileCount }, (_, index) => [`${index}.spec.ts`, spec])),
    })
    const { code, output, passed } = await project.run()
    expect(code, output).toBe(0)
    expect(passed).toHaveLength(fileCount)
    expect(project.list('servers').map((name) => project.read(`servers/${name}`))).toEqual(
      Array.from({ length: fileCount }, () => 'shared'),
    )
    await project.expectNothingLeft()
  },
)
