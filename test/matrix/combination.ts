/** One way to run one version of a runner, on a small project of its own with the packed package. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { long } from '../long.ts'
import { type RunnerName, runnerFolder } from '../vitest/runner.ts'

export interface Combination {
  /** `forks, isolate on`. */
  readonly settings: string
  readonly way: Way
  /** Throws when a lane is shared or not clean, or when anything is left. */
  check(): Promise<void>
}

export const ways = ['run', 'projects', '--shard', 'watch'] as const

export type Way = (typeof ways)[number]

const hasTerminals = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

/**
 * Every combination as a test of its own, whose name the table of docs/runners.md is made from.
 * @param everywhere the first one runs also where time is short
 */
export function testCombinations(
  runner: RunnerName,
  combinations: readonly Combination[],
  { everywhere = false }: { everywhere?: boolean } = {},
): void {
  describe(title(runner), () => {
    for (const [index, { settings, way, check }] of combinations.entries()) {
      const needs = way === 'watch' && !hasTerminals ? ' (skipped: needs util-linux’s `script`)' : ''
      const why = (everywhere && index === 0 ? '' : long) || needs
      test.skipIf(why)(`${settings} | ${way}${why}`, check)
    }
  })
}

/** `Vitest 5.1.1`. */
function title(runner: RunnerName): string {
  const { devDependencies } = JSON.parse(readFileSync(join(runnerFolder(runner), 'package.json'), 'utf8')) as {
    devDependencies: Readonly<Record<string, string>>
  }
  return runner.startsWith('jest') ? `Jest ${devDependencies.jest}` : `Vitest ${devDependencies.vitest}`
}
