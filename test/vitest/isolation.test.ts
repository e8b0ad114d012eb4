/** Many files over many workers on every service: each counts its own marker once, and nowhere else. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StackStatus } from '../../src/core/stack.ts'
import { lackingForDocker } from '../docker.ts'
import { long } from '../long.ts'
import { openProject, type Project } from './project.ts'
import type { RunnerName } from './runner.ts'

const fixture = join(import.meta.dirname, 'fixtures', 'isolation')
const fixtureFiles = [
  'isolane.config.ts',
  'vitest.config.ts',
  'check.ts',
  'markers.ts',
  ...readdirSync(join(fixture, 'migrations')).map((name) => `migrations/${name}`),
]
const hasJdk = spawnSync('javac', ['-version']).status === 0 && spawnSync('mvn', ['--version']).status === 0

/** One file in four is for a worker of its own. */
async function openIsolation(runner: RunnerName, fileCount: number): Promise<Project> {
  const spec = "import { checkIsolation } from '../../check.ts'\n\ncheckIsolation(import.meta.filename)\n"
  const folderOf = (index: number) => (index % 4 === 0 ? 'forks' : 'kept')
  const specs = Array.from({ length: fileCount }, (_, index) => [`tests/${folderOf(index)}/${index}.spec.ts`, spec])
  const files = fixtureFiles.map((name) => [name, readFileSync(join(fixture, name), 'utf8')])
  return openProject(runner, Object.fromEntries([...files, ...specs]))
}

interface Scale {
  readonly files: number
  readonly workers: number
  readonly services: readonly string[]
  readonly runtime?: string
  readonly mode?: 'shared' | 'isolated'
}

async function expectIsolation(runner: RunnerName, scale: Scale): Promise<void> {
  const { files, workers, services, runtime = 'native', mode = 'shared' } = scale
  await using project = await openIsolation(runner, files)
  const env = {
    ISOLANE_RUNTIME: runtime,
    ISOLANE_MODE: mode,
    ISOLANE_REPORT_FILE: 'report.json',
    WORKERS: String(workers),
    ...(services.includes('neo4j') ? {} : { WITHOUT_NEO4J: '1' }),
  }
  const { code, output, passed, messages } = await project.run([], { env })
  expect(code, `${messages}\n${output.slice(-20_000)}`).toBe(0)
  expect(passed).toHaveLength(2 * services.length * files)
  const report = JSON.parse(project.read('report.json')) as StackStatus
  expect(report).toMatchObject({ mode, services: services.map(() => ({ runtime })) })
  expect(report.pool.peak).toBeGreaterThanOrEqual(4)
  // The counts elsewhere are worth something only where lanes could be read.
  for (const service of services) expect(readsOf(project, service)).toBeGreaterThanOrEqual(4 * 3)
  await project.expectNothingLeft()
}

function readsOf(project: Project, service: string): number {
  const files = project.list('meeting').filter((name) => name.startsWith(`read-${service}-`))
  return files.reduce((sum, name) => sum + Number(project.read(`meeting/${name}`)), 0)
}

/** 200 where there is time. */
const fileCount = long ? 24 : 200

test.skipIf(!hasJdk)(
  `vitest-5: ${fileCount} files over 8 workers on Postgres, Redis and Neo4j${hasJdk ? '' : ' (skipped: needs a JDK with Maven)'}`,
  () => expectIsolation('vitest-5', { files: fileCount, workers: 8, services: ['postgres', 'redis', 'neo4j'] }),
  300_000,
)

test.skipIf(long).each(['vitest-4', 'vitest-3'] as const)(
  `%s: 24 files over 8 workers on Postgres and Redis${long}`,
  (runner) => expectIsolation(runner, { files: 24, workers: 8, services: ['postgres', 'redis'] }),
  180_000,
)

const lacking = await lackingForDocker('postgres:17', 'valkey/valkey:9', 'neo4j:5.26')

for (const scale of [
  { mode: 'shared', files: 12, workers: 4, services: ['postgres', 'redis', 'neo4j'] },
  // A container of each service for every lane.
  { mode: 'isolated', files: 8, workers: 4, services: ['postgres', 'redis'] },
] as const satisfies readonly Scale[]) {
  const { mode, files, workers } = scale
  test.skipIf(lacking || long)(
    `in Docker, ${mode}: ${files} files over ${workers} workers${lacking || long}`,
    () => expectIsolation('vitest-5', { ...scale, runtime: 'docker' }),
    180_000,
  )
}
