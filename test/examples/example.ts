/** Runs the suite of an example as whoever reads it would: the real runner, and the built package. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect } from 'vitest'
import { Leftovers } from '../vitest/leftovers.ts'

const project = join(import.meta.dirname, '..', '..')

export interface ExampleRun {
  readonly exitCode: number | undefined
  readonly output: string
}

export type Environment = Readonly<Record<string, string>>

/** An example, and what its runs have in common. */
export interface Example {
  /** Its folder, from the folder that all runs in. */
  readonly root: string
  run(env?: Environment, ...args: readonly string[]): Promise<ExampleRun>
  /** One report of those that shards have left. */
  mergeReports(folder: string): Promise<ExampleRun>
  /** The command line `isolane`. */
  cli(...args: readonly string[]): Promise<ExampleRun>
}

/** Fails when anything of the example's runs is left at the end. */
export async function useExample<Result>(name: string, use: (example: Example) => Promise<Result>): Promise<Result> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'isolane-example-'))
  const leftovers = new Leftovers(stateFolder)
  const root = join('examples', name)
  const execute = async (program: string, args: readonly string[], env: Environment = {}) => {
    const { exitCode, all } = await execa(program, args, {
      cwd: project,
      preferLocal: true,
      reject: false,
      all: true,
      extendEnv: false,
      env: { ...ownEnvironment(), ISOLANE_STATE_DIR: stateFolder, ...env },
    })
    return { exitCode, output: all }
  }
  try {
    const result = await use({
      root,
      run: (env, ...args) => execute('vitest', ['run', '--root', root, '--maxWorkers=2', ...args], env),
      mergeReports: (folder) => execute('vitest', ['--root', root, `--merge-reports=${folder}`]),
      cli: (...args) => execute('node', ['dist/cli.js', '--root', root, ...args]),
    })
    await expect.poll(() => leftovers.list()).toEqual([])
    return result
  } finally {
    if (leftovers.list().length > 0) await execute('node', ['dist/cli.js', '--root', root, 'down'])
    leftovers[Symbol.dispose]()
    rmSync(stateFolder, { recursive: true, force: true })
  }
}

export async function runExample(name: string, env: Environment = {}): Promise<ExampleRun> {
  return useExample(name, (example) => example.run(env))
}

/** Without what the runner that runs this test has set, and without databases of a developer's own. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const alien = /^(VITEST|ISOLANE_(?!CACHE_DIR)|NODE_OPTIONS|CI$|TEST$|DEV$|PROD$|MODE$|FORCE_COLOR$|DATABASE_URL$|PG)/
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !alien.test(name))), NO_COLOR: '1' }
}
