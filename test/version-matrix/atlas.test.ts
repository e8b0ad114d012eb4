/** The demo on every version that its databases come in. */
import { expect, test } from 'vitest'
import type { MatrixReport } from '../../src/matrix/json.ts'
import { lackingForDocker } from '../docker.ts'
import { useExample } from '../examples/example.ts'
import { long } from '../long.ts'

/** Of the demo's suite, files for each of its services: all of it on all versions takes eight minutes. */
const rows = ['bookings', 'change-feed', 'mergers', 'trips']
const memory = ['presence', 'sessions']
const graph = ['neighbours']

interface Run {
  readonly exitCode: number | undefined
  readonly report: MatrixReport
}

function runMatrix(versions: readonly string[], files: readonly string[], env: readonly string[] = []): Promise<Run> {
  const limits = ['--maxWorkers=1', '--testTimeout=60000', '--hookTimeout=60000']
  const program = ['env', ...env, 'vitest', 'run', '--root', 'examples/atlas', ...limits]
  const line = ['matrix', ...versions, '--pairwise', '--json', '--', ...program]
  const filters = files.map((file) => `tests/${file}.test.ts`)
  return useExample('atlas', async ({ cli }) => {
    const { exitCode, output } = await cli(...line, ...filters)
    return { exitCode, report: JSON.parse(/^\{\n.*^\}$/ms.exec(output)?.[0] ?? `"${output}"`) as MatrixReport }
  })
}

test.skipIf(long)(
  `the demo passes on Postgres 13–18 × Redis 6.2, 7, Valkey 9 × Neo4j 5.26, 2026${long}`,
  async () => {
    const versions = ['--postgres', '13,14,15,16,17,18', '--redis', '6.2,7,valkey@9', '--neo4j', '5.26,2026']
    const { exitCode, report } = await runMatrix(versions, [...rows, ...memory, ...graph])
    expect(report.failingTests).toEqual([])
    expect(report.combinations.filter(({ status }) => status !== 'passed')).toEqual([])
    expect(exitCode).toBe(0)
    expect(report.combinations).toHaveLength(18)
    for (const { skipped, passed } of report.combinations)
      expect([skipped, passed]).toEqual([0, report.combinations[0]?.passed])
  },
  600_000,
)

const lacking = await lackingForDocker('postgres:15', 'postgres:17', 'valkey/valkey:9')

test.skipIf(long || lacking)(
  `and in Docker on two versions of Postgres${long}${lacking}`,
  async () => {
    const env = ['ISOLANE_RUNTIME=docker', 'ISOLANE_ATLAS_WITHOUT_NEO4J=1']
    const { exitCode, report } = await runMatrix(['--postgres', '15,17'], [...rows, 'sessions'], env)
    expect(report.failingTests).toEqual([])
    expect(report.combinations.map(({ status }) => status)).toEqual(['passed', 'passed'])
    expect(exitCode).toBe(0)
  },
  300_000,
)
