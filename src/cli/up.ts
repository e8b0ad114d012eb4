import { spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { IsolaneError } from '../core/errors.ts'
import { makeStateFolder } from '../core/folders.ts'
import { alreadyUp, findClaim, upLogFile } from '../core/up-record.ts'
import { projectConfig, projectFolder, upKey } from './project.ts'
import { type Announcement, serveStack } from './serve-stack.ts'
import { endOnSignals } from './signals.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'

interface UpOptions {
  readonly foreground: boolean
  readonly workers: number
}

export function addUp(program: Command): void {
  program
    .command('up')
    .description('start the stack and keep it up; test runs and `isolane exec` then use it')
    .option('--foreground', 'stay in this terminal until Ctrl-C', false)
    .option('--workers <count>', 'how many lanes to make ahead', wholeNumber, 2)
    .action((options: UpOptions, command: Command) => up(options, command))
}

async function up(options: UpOptions, command: Command): Promise<void> {
  const config = await projectConfig(command)
  const key = upKey(config)
  if (options.foreground) {
    await serveStack(config, key, options.workers)
    return
  }
  const existing = findClaim(key)
  if (existing) throw alreadyUp(existing)
  await serveInBackground(projectFolder(command), options.workers, upLogFile(key))
}

/** Starts this program again, detached, and waits until it says that the stack is ready. */
async function serveInBackground(root: string, workers: number, logFile: string): Promise<void> {
  makeStateFolder(dirname(logFile))
  const log = openSync(logFile, 'a', 0o600)
  const self = process.argv[1] ?? ''
  const child = spawn(process.execPath, [self, '-C', root, 'up', '--foreground', '--workers', String(workers)], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    windowsHide: true,
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.on('message', (message) => {
    const announcement = message as Announcement
    if (announcement.kind === 'ready') resolve()
    else reject(new IsolaneError(announcement.error))
  })
  child.once('error', reject)
  child.once('exit', () => reject(endedEarly(readFileSync(logFile, 'utf8'))))
  // The child sees to it that nothing is left, and says so by failing.
  const watch = endOnSignals((signal) => child.kill(signal))
  terminalReport()({ kind: 'progress', subject: 'stack', text: 'starting' })
  await promise
  clearProgress()
  watch.finish()
  child.disconnect()
  child.unref()
  process.stdout.write(readFileSync(logFile, 'utf8'))
  process.stdout.write(`The stack is up (pid ${child.pid}). End it with \`isolane down\`; its log is ${logFile}\n`)
}

function endedEarly(log: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: 'The process that was to keep the stack up ended without a word',
    remedy: 'what it wrote before is below; `isolane doctor` checks the machine',
    output: log,
  })
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.')
  return Number(text)
}
