import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { IsolaneError } from './errors.ts'
import { makeStateFolder } from './folders.ts'
import type { ErrorLine } from './lane-protocol.ts'
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
  makeStateFolder(dirname(logFile))
  const log = openSync(logFile, 'a', 0o600)
  const up = ['up', '--foreground', '--workers', String(workers), ...(options.arguments ?? [])]
  const child = spawn(process.execPath, [join(packageRoot(), 'dist', 'cli.js'), '-C', root, ...up], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    windowsHide: true,
  })
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
      child.disconnect()
      child.unref()
    },
  }
}

/** @throws what the process says, or ISOLANE_START_FAILED when it ends without a word. */
async function ready(child: ChildProcess, logFile: string, report: Report): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.on('message', (message) => {
    const announcement = message as Announcement
    if (announcement.kind === 'report') report(announcement.event)
    else if (announcement.kind === 'ready') resolve()
    else reject(new IsolaneError(announcement.error))
  })
  child.once('error', reject)
  child.once('exit', () => reject(endedEarly(readFileSync(logFile, 'utf8'))))
  await promise
}

function endedEarly(log: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: 'The process that was to keep the stack up ended without a word',
    remedy: 'what it wrote before is below; `isolane doctor` checks the machine',
    output: log,
  })
}
