import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { ResolvedConfig, Versions } from '../core/config.ts'
import { stateFolder } from '../core/folders.ts'
import { atLastResort } from '../core/last-resort.ts'
import { endGroup, signalGroup } from '../core/process-group.ts'
import { identify, type ProcessIdentity } from '../core/process-identity.ts'
import { type Resource, Run, runLabel } from '../core/run.ts'
import { sweepAfterExit, sweepNow } from '../core/sweep-by-process.ts'
import type { Outcome } from './outcome.ts'
import { withoutOuterLane } from './outer-lane.ts'
import { type CommandEnd, readOutcome } from './read-outcome.ts'

/** Milliseconds; longer than a stack takes to stop servers that do not want to. */
const patience = 40_000

export interface RunCommandOptions {
  /** A program and its arguments. It runs in the current folder. */
  readonly command: readonly string[]
  /** The project's: programs in its `node_modules/.bin` are found, and a lane of it that we run on is not passed on. */
  readonly config: ResolvedConfig
  /** On top of ours. */
  readonly environment: Readonly<Record<string, string>>
  readonly name: string
  readonly versions: Versions
  /** Made anew. What Isolane's runs in the command report lies beside it. */
  readonly logFile: string
  /** Ends the command as Ctrl-C would. */
  readonly signal: AbortSignal
  /** Milliseconds that the command gets for that; then it is killed, and what it leaves is removed. Default: 40 s. */
  readonly grace?: number
}

/**
 * Runs a command to its end, with what it writes in its log file. It has a process group of its own, and is on record: when
 * we are killed, the next run ends it.
 */
export async function runCommand(options: RunCommandOptions): Promise<Outcome> {
  const { logFile, config, name, versions, signal } = options
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 })
  const run = new Run(join(stateFolder(), 'runs'), config.root)
  const files = { logFile, resultsFile: `${logFile}.results`, reportFile: `${logFile}.report.json` }
  for (const file of [files.resultsFile, files.reportFile]) rmSync(file, { force: true })
  const begun = performance.now()
  try {
    const end = await execute(options, files, run)
    const milliseconds = performance.now() - begun
    return readOutcome({ name, versions, milliseconds }, { ...end, stopped: signal.aborted }, files)
  } finally {
    run.end()
  }
}

interface ReportFiles {
  readonly resultsFile: string
  readonly reportFile: string
}

function start({ command, config, environment, logFile }: RunCommandOptions, files: ReportFiles, run: Run) {
  const [program = '', ...rest] = command
  // Its type only knows small numbers.
  const log = openSync(logFile, 'w', 0o600) as 3
  try {
    return execa(program, rest, {
      env: {
        ...withoutOuterLane(config),
        ...environment,
        [runLabel]: run.id,
        ISOLANE_RESULTS_FILE: files.resultsFile,
        ISOLANE_REPORT_FILE: files.reportFile,
      },
      // Not through us: what outlives us may go on writing.
      stdio: ['ignore', log, log],
      reject: false,
      preferLocal: true,
      localDir: config.root,
      cleanup: false,
      detached: process.platform !== 'win32',
    })
  } finally {
    closeSync(log)
  }
}

/** Before there is a process. No process is ever this one. */
const nobody: ProcessIdentity = { pid: 0, startedAt: 'never' }

async function execute(options: RunCommandOptions, files: ReportFiles, run: Run): Promise<CommandEnd> {
  const { command, signal, grace = patience } = options
  // It names no process until there is one, but has the native runtime look for the run's label: so a sweep finds the
  // command also when we are killed right after it began (on Linux, where labels can be seen).
  const registration = run.register(recordOf(command, nobody))
  try {
    const child = start(options, files, run)
    const { pid } = child
    if (pid === undefined) return { notStarted: `${command[0]} could not be started: ${(await child).originalMessage}` }
    registration.update(recordOf(command, identify(pid) ?? { ...nobody, pid }))
    return await untilEnded(child, pid, signal, grace)
  } finally {
    registration.release()
  }
}

async function untilEnded(
  child: ReturnType<typeof start>,
  pid: number,
  signal: AbortSignal,
  grace: number,
): Promise<CommandEnd> {
  const takeBack = atLastResort(() => {
    signalGroup(pid, 'SIGKILL')
    sweepAfterExit()
  })
  let ending: Promise<boolean> | undefined
  const end = () => {
    ending ??= endGroup(pid, grace)
  }
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    const { exitCode, signal: endedBy } = await child
    const wasKilled = await ending
    if (wasKilled) await sweepNow()
    return { ...(exitCode === undefined ? {} : { exitCode }), ...(endedBy === undefined ? {} : { endedBy }) }
  } finally {
    signal.removeEventListener('abort', end)
    takeBack()
  }
}

function recordOf([program]: readonly string[], identity: ProcessIdentity): Resource {
  const what = `${program}, pid ${identity.pid}, started by a version matrix`
  return { kind: 'process', runtime: 'native', what, identity: { ...identity }, stopSignal: 'SIGINT' }
}
