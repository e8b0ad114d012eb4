import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { startBackgroundStack } from '../core/background-stack.ts'
import { LaneClient } from '../core/lane-client.ts'
import { silent } from '../core/report.ts'
import { alreadyUp, findClaim, type UpRecord, upLogFile } from '../core/up-record.ts'
import { announcingFailure } from './announce.ts'
import { projectConfig, projectFolder, upKey } from './project.ts'
import { type ServeOptions, serveStack } from './serve-stack.ts'
import { endOnSignals } from './signals.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'
import { wholeNumber } from './whole-number.ts'

interface UpOptions extends ServeOptions {
  readonly foreground: boolean
}

export function addUp(program: Command): void {
  program
    .command('up')
    .description('start the stack and keep it up; test runs and `isolane exec` then use it')
    .option('--foreground', 'stay in this terminal until Ctrl-C', false)
    .option('--workers <count>', 'how many lanes to make ahead', wholeNumber(5), 2)
    // Of runs that bring up a stack to keep something in it.
    .addOption(new Option('--only <fingerprint>').hideHelp())
    .addOption(new Option('--until-unused').hideHelp())
    .action((options: UpOptions, command: Command) => up(options, command))
}

async function up(options: UpOptions, command: Command): Promise<void> {
  if (options.foreground) {
    await announcingFailure(async () => {
      const config = await projectConfig(command)
      await serveStack(config, upKey(config), options)
    })
    return
  }
  const key = upKey(await projectConfig(command))
  const existing = findClaim(key)
  if (existing && !(await stays(existing))) throw alreadyUp(existing)
  if (existing) process.stdout.write(`${upLine(existing.owner.pid, existing.logFile)}\n`)
  else await serveInBackground(projectFolder(command), options.workers, upLogFile(key))
}

/** Has a stack that a test run brought up stay up. @returns whether it would have ended with its runs. */
async function stays({ address }: UpRecord): Promise<boolean> {
  const client = address && (await LaneClient.connect(address).catch(() => undefined))
  if (!client) return false
  try {
    return (await client.request('stay', {})).changed
  } finally {
    client.close()
  }
}

async function serveInBackground(root: string, workers: number, logFile: string): Promise<void> {
  // The process sees to it that nothing is left, and says so by failing.
  const watch = endOnSignals()
  terminalReport()({ kind: 'progress', subject: 'stack', text: 'starting' })
  const stack = await startBackgroundStack({ root, workers, logFile, report: silent, signal: watch.signal })
  clearProgress()
  watch.finish()
  stack.letGo()
  process.stdout.write(readFileSync(logFile, 'utf8'))
  process.stdout.write(`${upLine(stack.pid, logFile)}\n`)
}

function upLine(pid: number | undefined, logFile: string): string {
  return `The stack is up (pid ${pid}). End it with \`isolane down\`; its log is ${logFile}`
}
