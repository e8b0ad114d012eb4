import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { IsolaneError } from './errors.ts'
import { makeStateFolder } from './folders.ts'
import type { ErrorLine } from './lane-protocol.ts'
import { nodeOptionsForPrograms } from './node-options.ts'
import { packageRoot } from './package-root.ts'
import type { Report, ReportEvent } from './report.ts'

/** What the process that keeps a stack up in the background tells the one that started it. */
export type Announcement =
  | { readonly kind: 'report'; readonly event: ReportEvent }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: ErrorLine }

export interface BackgroundOptions {
  readonly root: string
  /** How many lanes to make ahead. */
  readonly workers: number
  readonly logFile: string
  /** More arguments for `isolane up --foreground`. */
  readonly arguments?: readonly string[]
  /** On top of ours: `ISOLANE_VERSIONS`. */
  readonly environment?: Readonly<Record<string, string>>
  readonly report: Report
  /** The process is told to end, and has, when the start was called off. */
  readonly signal: AbortSignal
}

/** A stack in a process of its own. */
export interface BackgroundStack {
  readonly pid: number | undefined
  /** Until then the stack takes our end for a reason to end. */
  letGo(): void
}

/** Starts `isolane up --foreground`, detached, and waits until it says that the stack is ready. */
export async function startBackgroundStack(options: BackgroundOptions): Promise<BackgroundStack> {
  const { root, workers, logFile, report, signal } = options
  const up = ['up', '--foreground', '--workers', String(workers), ...(options.arguments ?? [])]
  const child = spawnLogged(['-C', root, ...up], logFile, options.environment)
  const end = () => child.kill('SIGTERM')
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    await ready(child, logFile, report)
  } catch (error) {
    if (child.connected) child.disconnect()
    throw error
  } finally {
    signal.removeEventListener('abort', end)
  }
  return {
    pid: child.pid,
    letGo: () => {
      if (child.connected) child.disconnect()
      child.unref()
    },
  }
}

function spawnLogged(
  args: readonly string[],
  logFile: string,
  environment: BackgroundOptions['environment'],
): ChildProcess {
  makeStateFolder(dirname(logFile))
  const log = openSync(logFile, 'a', 0o600)
  try {
    return spawn(process.execPath, [join(packageRoot(), 'dist', 'cli.js'), ...args], {
      detached: true,
      // A module that is preloaded here may be what leases a lane, and so starts this process.
      env: { ...process.env, ...environment, NODE_OPTIONS: nodeOptionsForPrograms() },
      stdio: ['ignore', log, log, 'ipc'],
      windowsHide: true,
    })
  } finally {
    closeSync(log)
  }
}

/** @throws what the process says, or ISOLANE_START_FAILED when it ends without a word. */
async function ready(child: ChildProcess, logFile: string, report: Report): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<'ready' | 'ended'>()
  const hear = (announcement: Announcement) => {
    if (announcement.kind === 'report') report(announcement.event)
    else if (announcement.kind === 'ready') resolve('ready')
    else reject(new IsolaneError(announcement.error))
  }
  // Its last word may come after `exit`, but not after `close`.
  const ended = () => resolve('ended')
  child.on('message', hear).once('error', reject).once('close', ended)
  try {
    if ((await promise) === 'ended') throw endedEarly(readFileSync(logFile, 'utf8'))
  } finally {
    // What becomes of it later is told by its lanes.
    child.off('message', hear).off('error', reject).off('close', ended)
  }
}

function endedEarly(log: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: 'The process that was to keep the stack up ended without a word',
    remedy: 'what it wrote before is below; `isolane doctor` checks the machine',
    output: log,
  })
}
