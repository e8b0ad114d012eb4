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

export async function runExample(name: string, env: Readonly<Record<string, string>> = {}): Promise<ExampleRun> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'isolane-example-'))
  const leftovers = new Leftovers(stateFolder)
  try {
    const { exitCode, all } = await execa('vitest', ['run', '--root', join('examples', name), '--maxWorkers=2'], {
      cwd: project,
      preferLocal: true,
      reject: false,
      all: true,
      extendEnv: false,
      env: { ...ownEnvironment(), ISOLANE_STATE_DIR: stateFolder, ...env },
    })
    await expect.poll(() => leftovers.list()).toEqual([])
    return { exitCode, output: all }
  } finally {
    leftovers[Symbol.dispose]()
    rmSync(stateFolder, { recursive: true, force: true })
  }
}

/** Without what the runner that runs this test has set, and without databases of a developer's own. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const alien = /^(VITEST|ISOLANE_(?!CACHE_DIR)|NODE_OPTIONS|CI$|TEST$|DEV$|PROD$|MODE$|FORCE_COLOR$|DATABASE_URL$|PG)/
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !alien.test(name))), NO_COLOR: '1' }
}
