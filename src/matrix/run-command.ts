import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Versions } from '../core/config.ts'
import { stateFolder } from '../core/folders.ts'
import { atLastResort } from '../core/last-resort.ts'
import { identify } from '../core/process-identity.ts'
import { Run, runLabel } from '../core/run.ts'
import type { Outcome } from './outcome.ts'
import { endGroup, signalGroup } from './process-group.ts'
import { type CommandEnd, readOutcome } from './read-outcome.ts'

export interface RunCommandOptions {
  /** A program and its arguments. It runs in the current folder. */
  readonly command: readonly string[]
  /** The project's folder: programs in its `node_modules/.bin` are found. */
  readonly root: string
  /** On top of ours. */
  readonly environment: Readonly<Record<string, string>>
  readonly name: string
  readonly versions: Versions
  /** Made anew. What Isolane's runs in the command report lies beside it. */
  readonly logFile: string
  /** Ends the command as Ctrl-C would. */
  readonly signal: AbortSignal
}

/**
 * Runs a command to its end, with what it writes in its log file. It has a process group of its own, and is on record: when
 * we are killed, the next run ends it.
 */
export async function runCommand(options: RunCommandOptions): Promise<Outcome> {
  const { logFile, root, name, versions, signal } = options
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 })
  const run = new Run(join(stateFolder(), 'runs'), root)
  const files = { logFile, resultsFile: `${logFile}.results`, reportFile: `${logFile}.report.json` }
  for (const file of [files.resultsFile, files.reportFile]) rmSync(file, { force: true })
  const begun = performance.now()
  try {
    const end = await execute(start(options, files, run), options, run)
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

function start({ command, root, environment, logFile }: RunCommandOptions, files: ReportFiles, run: Run) {
  const [program = '', ...rest] = command
  // Its type only knows small numbers.
  const log = openSync(logFile, 'w', 0o600) as 3
  try {
    return execa(program, rest, {
      env: {
        ...environment,
        [runLabel]: run.id,
        ISOLANE_RESULTS_FILE: files.resultsFile,
        ISOLANE_REPORT_FILE: files.reportFile,
      },
      // Not through us: what outlives us may go on writing.
      stdio: ['ignore', log, log],
      reject: false,
      preferLocal: true,
      localDir: root,
      cleanup: false,
      detached: process.platform !== 'win32',
    })
  } finally {
    closeSync(log)
  }
}

async function execute(
  child: ReturnType<typeof start>,
  { command, signal }: RunCommandOptions,
  run: Run,
): Promise<CommandEnd> {
  const { pid } = child
  if (pid === undefined) return { notStarted: `${command[0]} could not be started: ${(await child).originalMessage}` }
  const registration = run.register({
    kind: 'process',
    runtime: 'native',
    what: `${command[0]}, pid ${pid}, started by a version matrix`,
    identity: { ...(identify(pid) ?? { pid, startedAt: '' }) },
    stopSignal: 'SIGINT',
  })
  const takeBack = atLastResort(() => signalGroup(pid, 'SIGKILL'))
  let ending: Promise<void> | undefined
  const end = () => {
    ending ??= endGroup(pid)
  }
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    const { exitCode, signal: endedBy } = await child
    await ending
    return { ...(exitCode === undefined ? {} : { exitCode }), ...(endedBy === undefined ? {} : { endedBy }) }
  } finally {
    signal.removeEventListener('abort', end)
    takeBack()
    registration.release()
  }
}
