import { join } from 'node:path'
import type { Command } from 'commander'
import { chosenConfig } from '../builtin.ts'
import type { ResolvedConfig } from '../core/config.ts'
import { stateFolder } from '../core/folders.ts'
import { versionsInEnvironment } from '../core/versions.ts'
import { Capacity } from '../matrix/capacity.ts'
import { type Combination, combinationEnvironment } from '../matrix/combination.ts'
import { combinationsOf, withLists } from '../matrix/combinations.ts'
import { makeLogFolder } from '../matrix/log-folder.ts'
import type { Outcome } from '../matrix/outcome.ts'
import { runCommand } from '../matrix/run-command.ts'
import { schedule } from '../matrix/schedule.ts'
import { exitCodes } from './exit-codes.ts'
import { listCombinations } from './matrix/list.ts'
import { tellOutcomes } from './matrix/outcomes.ts'
import { matrixProgress } from './matrix/progress.ts'
import { ownProjectConfig } from './project.ts'
import { endOnSignals } from './signals.ts'
import { clearProgress } from './terminal-report.ts'
import { addVersionOptions, type VersionOptions, versionOptions } from './version-options.ts'
import { wholeNumber } from './whole-number.ts'

interface MatrixOptions extends VersionOptions {
  readonly pairwise: boolean
  readonly parallel?: number
  readonly failFast: boolean
  readonly list: boolean
  /** `true` or `-`: standard output. */
  readonly json?: string | true
  readonly junit?: string
  readonly summary?: string
}

export function addMatrix(program: Command): void {
  const command = program
    .command('matrix')
    .description('run a command on several versions of the databases, side by side')
    .argument('[command...]', 'the program and its arguments; put `--` before it')
    .passThroughOptions()
  addVersionOptions(command, 'versions', '15,16')
    .option('--pairwise', 'only so many combinations that every two versions of two services meet', false)
    .option('--parallel <count>', 'how many at once (default: as many as fit cores and free memory)', wholeNumber(4))
    .option('--fail-fast', 'stop at the first combination that fails', false)
    .option('--list', 'only show the combinations', false)
    .option('--json [file]', 'what came of it, or with --list the combinations, as JSON (default: standard output)')
    .option('--junit <file>', 'what came of it, as JUnit XML')
    .option('--summary <file>', 'added there as Markdown (default: $GITHUB_STEP_SUMMARY, where that is set)')
    .action((words: string[], options: MatrixOptions, command: Command) => matrix(words, options, command))
}

async function matrix(words: readonly string[], options: MatrixOptions, command: Command): Promise<void> {
  if (words.length === 0 && !options.list) command.error("error: missing what to run, as in 'matrix -- npx vitest run'")
  // Of versions that the environment names too, but not of the side that `isolane switch` has chosen.
  const config = await chosenConfig(await ownProjectConfig(command), undefined)
  const combinations = combinationsOf(config, withLists(config, listsOf(options)), options)
  if (options.list) return listCombinations(combinations, options.json)
  const { signal } = endOnSignals()
  const outcomes = await run(words, config, combinations, options, signal)
  clearProgress()
  tellOutcomes(outcomes, options)
  signal.throwIfAborted()
  if (outcomes.some(({ status }) => status !== 'passed')) process.exitCode = exitCodes.failed
}

function run(
  words: readonly string[],
  config: ResolvedConfig,
  combinations: readonly Combination[],
  { parallel, failFast }: MatrixOptions,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const capacity = new Capacity(parallel === undefined ? {} : { parallel })
  const logs = makeLogFolder(stateFolder())
  // Those that this command itself was given: the combinations come on top.
  const others = versionsInEnvironment() ?? {}
  return schedule(combinations, {
    capacity,
    failFast,
    signal,
    onChange: matrixProgress(combinations, capacity.limit, logs),
    run: (combination, signal) =>
      runCommand({
        command: words,
        config,
        environment: combinationEnvironment(combination, others),
        name: combination.name,
        versions: combination.versions,
        logFile: join(logs, `${combination.slug}.log`),
        signal,
      }),
  })
}

function listsOf(options: MatrixOptions): Readonly<Record<string, readonly string[]>> {
  const given = Object.entries(versionOptions(options))
  return Object.fromEntries(given.map(([name, versions]) => [name, versions.split(',').map((each) => each.trim())]))
}
