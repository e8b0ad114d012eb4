import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { runtimes } from '../builtin.ts'
import type { Swept } from '../core/contracts.ts'
import { cacheFolder, stateFolder } from '../core/folders.ts'
import { identify } from '../core/process-identity.ts'
import { plainLines, silent } from '../core/report.ts'
import { Run } from '../core/run.ts'
import { RuntimeSet } from '../core/runtime-choice.ts'
import { sweepDeadRuns } from '../core/sweep.ts'
import { sweepSides } from '../upgrade/sides/end.ts'
import { removeAttachedLeftovers } from './attached-leftovers.ts'
import { exitCodes } from './exit-codes.ts'
import { printSwept } from './swept.ts'

interface GcOptions {
  readonly yes: boolean
  readonly quiet: boolean
  readonly after?: string
}

export function addGc(program: Command): void {
  program
    .command('gc')
    .description('show what dead runs left behind, then remove it')
    .option('-y, --yes', 'do not ask', false)
    .option('--quiet', 'remove without a word', false)
    .addOption(new Option('--after <pid>', 'wait for this process to end first (at most 10 s)').hideHelp())
    .action((options: GcOptions, command: Command) => gc(options, command))
}

async function gc(options: GcOptions, command: Command): Promise<void> {
  if (options.after) await ended(Number(options.after))
  if (options.quiet) {
    await sweepAll(false)
    await removeAttachedLeftovers(command, silent).catch(() => {})
    return
  }
  const found = await sweepAll(true)
  if (found.length === 0) process.stdout.write('Nothing was left behind.\n')
  else process.stdout.write(`Dead runs left behind:\n${found.map(({ what }) => `  ${what}\n`).join('')}`)
  if (found.length > 0 && !options.yes && process.stdin.isTTY && !(await confirmed())) return
  // Also when there is nothing to show: the mere records of runs go without a word.
  if (!printSwept(await sweepAll(false))) process.exitCode = exitCodes.failed
  // Unasked, as every run there does.
  if (!(await removeAttachedLeftovers(command, plainLines))) process.exitCode = exitCodes.failed
}

/** What dead runs left behind: told with `dry`, else removed. */
export async function sweepAll(dry: boolean): Promise<Swept[]> {
  const run = new Run(join(stateFolder(), 'runs'), process.cwd())
  try {
    const all = new RuntimeSet(runtimes, { run, cacheFolder: cacheFolder(), report: silent })
    for (const name of Object.keys(runtimes)) await all.get(name)
    const sides = await sweepSides(stateFolder(), dry)
    return [...sides, ...(await sweepDeadRuns(stateFolder(), all, { dry, kept: true }))]
  } finally {
    run.end()
  }
}

async function confirmed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test(await terminal.question('Remove all of this? [y/N] '))
  } finally {
    terminal.close()
  }
}

async function ended(pid: number): Promise<void> {
  const before = identify(pid)
  for (let waited = 0; before && waited < 10_000 && identify(pid)?.startedAt === before.startedAt; waited += 50)
    await delay(50)
}
