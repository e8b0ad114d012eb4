/** Vitest projects made from a version matrix: `isolaneProjects`. */
import { expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { stackConfig } from './files.ts'
import { openProject, type Project } from './project.ts'
import { runners } from './runner.ts'

/** Says which server it has, by its own words and by what it is told. */
const spec = `
import { test as laneTest } from 'isolane/vitest/test'
import { expect, inject, test } from 'vitest'

const major = Number.parseInt(inject('isolane').services.postgres?.version ?? '')

laneTest('has its lane', async ({ lane, task }) => {
  const client = await lane.postgres.client()
  const { rows } = await client.query("SELECT current_setting('server_version_num')::int / 10000 AS major")
  expect(rows).toEqual([{ major }])
  expect(Number.parseInt(lane.postgres.version)).toBe(major)
  await client.query('CREATE TABLE mine ()')
  console.log(task.file.projectName + ' has postgres ' + major + ' on port ' + process.env.PGPORT)
})

test.runIf(major >= 18)('is for new ones', () => {})

laneTest('is for newer ones', ({ lane, skip }) => {
  skip(Number.parseInt(lane.postgres.version) < 18, 'not there yet')
})
`

function config(options: string, others = ''): string {
  return `
import { isolaneProjects } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { projects: [${others} ...(await isolaneProjects(${options}))] },
})
`
}

const files = {
  'isolane.config.ts': stackConfig('postgres: postgres()', "matrix: { postgres: ['17', '18'] }"),
  'a.spec.ts': spec,
}

/** Which project has which version, and that no two have the same server. */
function found(output: string): string[] {
  const lines = [...output.matchAll(/(\S+) has postgres (\d+) on port (\d+)/g)]
  expect(new Set(lines.map(([, , , port]) => port)).size).toBe(lines.length)
  return lines.map(([, name, major]) => `${name} has ${major}`).sort()
}

async function run(project: Project, args: readonly string[] = [], env = {}) {
  const outcome = await project.run(args, { env })
  expect(outcome.code, outcome.output).toBe(0)
  await project.expectNothingLeft()
  return outcome
}

for (const { value: runner } of longMatrix(runners)) {
  test.skipIf(long)(`${runner}: a project for each combination, with its own stack and guards${long}`, async () => {
    await using project = await openProject(runner, { ...files, 'vitest.config.ts': config('') })
    const all = await run(project)
    expect(found(all.output)).toEqual(['postgres-17 has 17', 'postgres-18 has 18'])
    expect(all.output).toMatch(/Tests {2}4 passed \| 2 skipped \(6\)/)
    const one = await run(project, ['--project', 'postgres-18'])
    expect(found(one.output)).toEqual(['postgres-18 has 18'])
    expect(one.passed).toHaveLength(3)
  })
}

test.skipIf(long)(
  `beside other projects, from an inline stack, with the versions that a matrix run gives${long}`,
  async () => {
    const own = `{
    stack: { services: { postgres: postgres({ version: '18' }) } },
    matrix: { postgres: ['16', '17'], exclude: [{ postgres: '16' }], include: [{ postgres: '15' }] },
    project: { test: { name: 'database', include: ['a.spec.ts'] } },
  }`
    await using project = await openProject('vitest-5', {
      'vitest.config.ts': `import { postgres } from 'isolane'\n${config(own, "{ test: { name: 'unit', include: ['b.spec.ts'] } },")}`,
      'a.spec.ts': spec,
      'b.spec.ts': "import { test } from 'vitest'\ntest('needs no database', () => {})\n",
    })
    expect(found((await run(project)).output)).toEqual(['database-postgres-15 has 15', 'database-postgres-17 has 17'])
    const given = await run(project, [], { ISOLANE_VERSIONS: 'postgres=16' })
    expect(found(given.output)).toEqual(['database has 16'])
    expect(given.passed).toHaveLength(2)
  },
)

test.skipIf(long)(`a matrix that can not be says so before anything starts${long}`, async () => {
  const matrix = { 'vitest.config.ts': config("{ matrix: { postgres: ['17', '12'] } }") }
  await using project = await openProject('vitest-5', { ...files, ...matrix })
  const { code, output } = await project.run()
  expect(code, output).toBe(1)
  expect(output).toMatch(/12.*\[ISOLANE_(OPTION_INVALID|VERSION_UNSUPPORTED)\]/)
  await project.expectNothingLeft({ started: false })
})
