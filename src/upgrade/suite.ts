import { join } from 'node:path'
import type { ResolvedConfig, Versions } from '../core/config.ts'
import { stateFolder } from '../core/folders.ts'
import { combinationEnvironment, combinationOf } from '../matrix/combination.ts'
import { makeLogFolder } from '../matrix/log-folder.ts'
import type { Outcome, TestResult } from '../matrix/outcome.ts'
import { runCommand } from '../matrix/run-command.ts'
import type { OpenSnapshot } from '../snapshots/open-snapshot.ts'
import type { SuiteComparison, SuiteOutcome } from './rehearsal.ts'

export interface SuiteSide {
  readonly versions: Versions
  readonly snapshot: OpenSnapshot
}

export interface SuiteOptions {
  readonly command: SuiteComparison['command']
  readonly config: ResolvedConfig
  readonly before: SuiteSide
  readonly after: SuiteSide
  readonly signal: AbortSignal
}

/** Runs the command on both sides side by side. Each has servers of its own, and lanes that begin as its snapshot. */
export async function compareSuites(options: SuiteOptions): Promise<SuiteComparison> {
  const { command, signal } = options
  const logs = makeLogFolder(stateFolder())
  const [before, after] = await Promise.all([runSide(options, 'before', logs), runSide(options, 'after', logs)])
  signal.throwIfAborted()
  return {
    command,
    before: withoutTests(before),
    after: withoutTests(after),
    ...compareTests(before.tests, after.tests),
  }
}

function withoutTests({ tests, ...outcome }: Outcome): SuiteOutcome {
  return outcome
}

async function runSide(options: SuiteOptions, side: 'before' | 'after', logs: string): Promise<Outcome> {
  const { command, config, signal } = options
  const { versions, snapshot } = options[side]
  const combination = combinationOf(versions)
  return runCommand({
    command,
    config,
    environment: { ...combinationEnvironment(combination), ISOLANE_FROM_SNAPSHOT: snapshot.folder },
    name: combination.name,
    versions,
    logFile: join(logs, `${side}.log`),
    signal,
  })
}

type Tests = readonly TestResult[] | undefined

/** Where nothing tells of single tests, nothing is said of them. */
export function compareTests(before: Tests, after: Tests): Omit<SuiteComparison, 'command' | 'before' | 'after'> {
  const [was, is] = [byName(before ?? []), byName(after ?? [])]
  const failed = [...is].filter(([, { status }]) => status === 'failed')
  const known = before && after
  return {
    broken: failed.flatMap(([name, test]) => (known && was.get(name)?.status !== 'failed' ? [test] : [])),
    failing: failed.flatMap(([name, test]) => (was.get(name)?.status === 'failed' ? [test] : [])),
    mended: [...was].flatMap(([name, test]) =>
      known && test.status === 'failed' && is.get(name)?.status !== 'failed' ? [test] : [],
    ),
    missing: [...was].flatMap(([name, test]) =>
      known && test.status === 'passed' && (is.get(name)?.status ?? 'skipped') === 'skipped' ? [test] : [],
    ),
  }
}

/** Of several tests with one name in one file, a failed one speaks for all. */
function byName(tests: readonly TestResult[]): Map<string, TestResult> {
  const found = new Map<string, TestResult>()
  for (const test of tests) {
    const name = JSON.stringify([test.file, test.name])
    if (found.get(name)?.status !== 'failed') found.set(name, test)
  }
  return found
}
