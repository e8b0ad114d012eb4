/** As isolation.test.ts, in servers that somebody else runs: they are afterwards what they were before. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StackStatus } from '../../src/core/stack.ts'
import { foreignServer } from '../services/postgres/attach-server.ts'
import { startStranger } from '../services/redis/attach-fixture.ts'
import { stackConfig } from './files.ts'
import { openProject } from './project.ts'

const fixture = join(import.meta.dirname, 'fixtures', 'isolation')
const fixtureFiles = ['vitest.config.ts', 'check.ts', 'markers.ts']
const fileCount = 16

const services = `
  postgres: postgres({
    migrations: async ({ lane }) => {
      const client = new pg.Client(lane.url)
      await client.connect()
      await client.query('CREATE TABLE markers (marker text)')
      await client.end()
    },
  }),
  redis: redis({ databases: { from: 3, to: 23 } }),
`

test('16 files over 4 workers, in a Postgres and a Valkey that the usual variables name', async () => {
  await using postgres = await foreignServer('17', 100)
  await using valkey = await startStranger({ version: 'valkey@9' })
  await valkey.owner.set('session', 'not ours')
  const before = { postgres: await postgres.portrait(), valkey: await valkey.contents() }
  const folderOf = (index: number) => (index % 4 === 0 ? 'forks' : 'kept')
  const spec = "import { checkIsolation } from '../../check.ts'\n\ncheckIsolation(import.meta.filename)\n"
  const specs = Array.from({ length: fileCount }, (_, index) => [`tests/${folderOf(index)}/${index}.spec.ts`, spec])
  const files = fixtureFiles.map((name) => [name, readFileSync(join(fixture, name), 'utf8')])
  await using project = await openProject('vitest-5', {
    ...Object.fromEntries([...files, ...specs]),
    'isolane.config.ts': `import pg from 'pg'\n${stackConfig(services)}`,
  })
  const { code, output, passed, messages } = await project.run([], {
    env: {
      ISOLANE_RUNTIME: 'attach',
      DATABASE_URL: postgres.url('keeper'),
      REDIS_URL: valkey.url,
      ISOLANE_REPORT_FILE: 'report.json',
      WORKERS: '4',
    },
  })
  expect(code, `${messages}\n${output.slice(-20_000)}`).toBe(0)
  expect(passed).toHaveLength(4 * fileCount)
  const { pool, services: used } = JSON.parse(project.read('report.json')) as StackStatus
  expect(used.map(({ runtime }) => runtime)).toEqual(['attach', 'attach'])
  expect(pool.peak).toBeGreaterThanOrEqual(4)
  expect({ postgres: await postgres.portrait(), valkey: await valkey.contents() }).toEqual(before)
}, 120_000)
