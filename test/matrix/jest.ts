import { expect } from 'vitest'
import { redisConfig } from '../vitest/files.ts'
import { openProject, type Project } from '../vitest/project.ts'
import type { JestRunnerName } from '../vitest/runner.ts'
import { type Combination, type Way, ways } from './combination.ts'
import { imports, type LonelyTest, log, lonelyTest, names, ports } from './files.ts'

/** How tests are spread: in band they meet nobody. */
const workers = [
  { name: 'parallel', args: ['--maxWorkers=2'], company: 2 },
  { name: 'in band', args: ['--runInBand'], company: 1 },
  { name: 'worker threads', args: ['--maxWorkers=2', '--workerThreads'], company: 2 },
] as const

type Workers = (typeof workers)[number]

interface Kind {
  readonly name: string
  readonly extension: string
  readonly type: 'commonjs' | 'module'
  readonly imports: string
  /** Of each project of the config. */
  readonly options: object
  readonly env: Readonly<Record<string, string>>
}

const kinds: readonly Kind[] = [
  {
    name: 'CommonJS',
    extension: 'js',
    type: 'commonjs',
    imports: imports.replace(/^import (.*) from '(.*)'$/gm, "const $1 = require('$2')"),
    options: {},
    env: {},
  },
  {
    name: 'ESM',
    extension: 'js',
    type: 'module',
    imports,
    options: { transform: {} },
    env: { NODE_OPTIONS: '--experimental-vm-modules' },
  },
  {
    name: 'TypeScript',
    extension: 'ts',
    type: 'commonjs',
    imports: `${imports}\nenum Kind { TypeScript }\ntest('is compiled', () => expect(Kind.TypeScript).toBe(0))\n`,
    options: {
      transform: {
        '^.+\\.ts$': ['ts-jest', { diagnostics: false, tsconfig: { module: 'commonjs', isolatedModules: true } }],
      },
    },
    env: {},
  },
]

export function jestCombinations(runner: JestRunnerName): Combination[] {
  return workers.flatMap((spread) =>
    kinds.flatMap((kind) =>
      waysOf(spread, kind).map((way) => ({
        settings: `${spread.name}, ${kind.name}`,
        way,
        check: async () => {
          const file: LonelyTest = { imports: kind.imports, company: spread.company }
          const specs = names.map((name) => [`${name}.test.${kind.extension}`, lonelyTest(name, file)])
          await using project = await openProject(runner, {
            'package.json': JSON.stringify({ type: kind.type }),
            'isolane.config.mts': redisConfig(),
            'jest.config.mjs': config(kind, way === 'projects'),
            ...Object.fromEntries(specs),
          })
          await checks[way](project, spread, kind, file)
          await project.expectNothingLeft()
        },
      })),
    ),
  )
}

/** How a file is compiled and how files are spread know nothing of each other: all ways with either is enough. */
function waysOf(spread: Workers, kind: Kind): readonly Way[] {
  return spread.name === 'parallel' || kind.name === 'CommonJS' ? ways : ['run']
}

function config({ options, extension }: Kind, hasProjects: boolean): string {
  const projects = ['{a,b}', '{c,d}'].map((some) => ({ ...options, testMatch: [`**/${some}.test.${extension}`] }))
  const settings = hasProjects ? { projects } : options
  return `
import { withIsolane } from 'isolane/jest'

export default withIsolane(${JSON.stringify(settings)})
`
}

const checks: Record<Way, (project: Project, spread: Workers, kind: Kind, file: LonelyTest) => Promise<void>> = {
  run: expectOneStack,
  projects: expectOneStack,
  '--shard': async (project, { args }, { env }) => {
    const shards = ['1/2', '2/2'].map((shard) =>
      project.run([`--shard=${shard}`, ...args], { env: { ...env, SHARD: shard.charAt(0) } }),
    )
    for (const { code, output } of await Promise.all(shards)) expect(code, output).toBe(0)
    expect(log(project)).toHaveLength(4)
    expect(ports(project)).toHaveLength(2)
  },
  watch: async (project, { args }, { env, extension }, file) => {
    const jest = project.start(['--watchAll', ...args], { terminal: true, env })
    await jest.says(/Watch Usage/)
    expect(log(project), jest.output).toHaveLength(4)
    const from = jest.output.length
    project.write(`a.test.${extension}`, lonelyTest('a', { ...file, round: 'rerun' }))
    await jest.says(/Watch Usage/, { from })
    expect(log(project), jest.output).toHaveLength(8)
    expect(log(project).filter((line) => line.startsWith('a rerun '))).toHaveLength(1)
    expect(ports(project)).toHaveLength(1)
    jest.type('q')
    expect((await jest.ended).code, jest.output).toBe(0)
  },
}

async function expectOneStack(project: Project, { args }: Workers, { env }: Kind): Promise<void> {
  const { code, output, failed } = await project.run(args, { env })
  expect(code, output).toBe(0)
  expect(failed).toEqual([])
  expect(log(project)).toHaveLength(4)
  expect(ports(project)).toHaveLength(1)
}
