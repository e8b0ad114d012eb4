import { expect } from 'vitest'
import { redisConfig } from '../vitest/files.ts'
import { openProject, type Project } from '../vitest/project.ts'
import type { RunnerName } from '../vitest/runner.ts'
import { type Combination, type Way, ways } from './combination.ts'
import { imports, log, lonelyTest, names, ports } from './files.ts'

const runnerImports = `${imports}import { expect, test } from 'vitest'\n`

const pools = ['forks', 'threads', 'vmForks', 'vmThreads']

export function vitestCombinations(runner: RunnerName): Combination[] {
  return pools.flatMap((pool) =>
    [true, false].flatMap((isolate) =>
      ways.map((way) => ({
        settings: `${pool}, isolate ${isolate ? 'on' : 'off'}`,
        way,
        check: async () => {
          await using project = await openProject(runner, {
            'isolane.config.ts': redisConfig(),
            'vitest.config.ts': config({ pool, isolate }, way === 'projects'),
            ...Object.fromEntries(
              names.map((name) => [`${name}.spec.ts`, lonelyTest(name, { imports: runnerImports })]),
            ),
          })
          await checks[way](project)
          await project.expectNothingLeft()
        },
      })),
    ),
  )
}

function config(test: { pool: string; isolate: boolean }, hasProjects: boolean): string {
  const projects = [
    { extends: true, test: { name: 'left', include: ['{a,b}.spec.ts'] } },
    { extends: true, test: { name: 'right', include: ['{c,d}.spec.ts'] } },
  ]
  const settings = { ...test, maxWorkers: 2, minWorkers: 1, ...(hasProjects ? { projects } : {}) }
  return `
import { isolane } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({ plugins: [isolane()], test: ${JSON.stringify(settings)} })
`
}

const checks: Record<Way, (project: Project) => Promise<void>> = {
  run: expectOneStack,
  projects: expectOneStack,
  '--shard': async (project) => {
    const shards = ['1/2', '2/2'].map((shard) => project.run([`--shard=${shard}`], { env: { SHARD: shard.charAt(0) } }))
    for (const { code, output, passed } of await Promise.all(shards)) {
      expect(code, output).toBe(0)
      expect(passed).toHaveLength(2)
    }
    expect(log(project)).toHaveLength(4)
    expect(ports(project)).toHaveLength(2)
  },
  watch: async (project) => {
    const vitest = project.start(['--watch'], { terminal: true })
    await vitest.says(/Waiting for file changes/)
    expect(log(project), vitest.output).toHaveLength(4)
    const from = vitest.output.length
    project.write('a.spec.ts', lonelyTest('a', { imports: runnerImports, round: 'rerun' }))
    await vitest.says(/Waiting for file changes/, { from })
    expect(log(project).at(-1), vitest.output).toMatch(/^a rerun /)
    expect(ports(project)).toHaveLength(1)
    vitest.type('q')
    expect((await vitest.ended).code, vitest.output).toBe(0)
  },
}

async function expectOneStack(project: Project): Promise<void> {
  const { code, output, passed } = await project.run()
  expect(code, output).toBe(0)
  expect(passed).toHaveLength(4)
  expect(ports(project)).toHaveLength(1)
}
