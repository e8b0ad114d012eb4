import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { startBackgroundStack } from '../core/background-stack.ts'
import type { ResolvedConfig } from '../core/config.ts'
import { endStack } from '../core/end-stack.ts'
import { EnvironmentRecord } from '../core/environment-record.ts'
import { IsolaneError } from '../core/errors.ts'
import { stateFolder } from '../core/folders.ts'
import { LaneClient } from '../core/lane-client.ts'
import { silent } from '../core/report.ts'
import { stackFingerprint } from '../core/stack-fingerprint.ts'
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
  await bringUp(await projectConfig(command), projectFolder(command), options.workers)
}

/**
 * Has the stack up in the background, and says so.
 * @returns whether it was not before
 * @throws ISOLANE_STACK_ALREADY_UP
 */
export async function bringUp(config: ResolvedConfig, root: string, workers: number): Promise<boolean> {
  const key = upKey(config)
  const existing = findClaim(key)
  const goesOn = existing !== undefined && (await isToGoOn(existing, config))
  if (goesOn) process.stdout.write(`${upLine(existing.owner.pid, existing.logFile)}\n`)
  else await serveInBackground(root, workers, upLogFile(key))
  return existing === undefined
}

/**
 * A stack that would end with its runs stays from now on. One with environments goes on where its config is the same, and
 * ends where that has changed, so that it can be started with what is new.
 * @throws ISOLANE_STACK_ALREADY_UP
 */
async function isToGoOn(existing: UpRecord, config: ResolvedConfig): Promise<boolean> {
  const isSame = existing.fingerprint === (await stackFingerprint(config, AbortSignal.timeout(60_000)))
  if (Object.keys(config.environments).length === 0) {
    if (await stays(existing)) return true
    throw alreadyUp(existing)
  }
  const { holders, hasEnvironments } = await lookAt(existing)
  if (isSame && hasEnvironments) return true
  if (holders.length > 0) throw inUse(existing, holders, isSame)
  // What the new one would refuse must not cost the one that works.
  EnvironmentRecord.refuseOthers(stateFolder(), config)
  const why = isSame ? 'A test run had brought it up, without environments' : 'The config has changed'
  process.stdout.write(`${why}: the stack is started anew. Nothing of its environments is lost.\n`)
  await endStack(existing)
  return false
}

/** Who holds a test lane, and whether it is what `isolane up` makes. @throws ISOLANE_STACK_ALREADY_UP for one that is just starting or ending */
async function lookAt(up: UpRecord): Promise<{ holders: readonly string[]; hasEnvironments: boolean }> {
  const client = up.address && (await LaneClient.connect(up.address).catch(() => undefined))
  if (!client) throw alreadyUp(up)
  try {
    const { pool, environments } = await client.request('status', {})
    const held = pool.lanes.flatMap(({ name, holder }) =>
      holder ? [`${name} (${holder.what}, pid ${holder.pid})`] : [],
    )
    return { holders: held, hasEnvironments: environments !== undefined }
  } finally {
    client.close()
  }
}

function inUse({ root, owner }: UpRecord, holders: readonly string[], isSame: boolean): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STACK_ALREADY_UP',
    message: `The stack of ${root} is up (pid ${owner.pid}) ${isSame ? 'without environments' : 'with another config'}, and in use: ${holders.join(', ')}`,
    remedy: 'run `isolane up` again when these have done; then it is started anew with what has changed',
  })
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
