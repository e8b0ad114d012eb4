import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { runtimes } from '../builtin.ts'
import type { ResolvedConfig } from '../core/config.ts'
import { IsolaneError, isIsolaneError } from '../core/errors.ts'
import { cacheFolder, stateFolder } from '../core/folders.ts'
import { forgetKept } from '../core/kept-service.ts'
import { LaneClient } from '../core/lane-client.ts'
import { isAlive } from '../core/process-identity.ts'
import { silent } from '../core/report.ts'
import { Run } from '../core/run.ts'
import { RuntimeSet } from '../core/runtime-choice.ts'
import { findClaim, type UpRecord } from '../core/up-record.ts'
import { exitCodes } from './exit-codes.ts'
import { connectUp, notUp, projectConfig, upKey } from './project.ts'
import { printSwept } from './swept.ts'

/** Longer than a stack takes to stop servers that do not want to. */
const patience = 30_000

export function addDown(program: Command): void {
  program
    .command('down')
    .description('end the stack that is up, or let go of one lane that it keeps')
    .argument('[lane]', 'a lane that is kept because a test failed on it')
    .option('--data', 'also remove the data that it has kept for the next `isolane up`', false)
    .action((lane: string | undefined, options: { data: boolean }, command: Command) =>
      lane === undefined ? down(options, command) : letGo(lane, command),
    )
}

async function letGo(lane: string, command: Command): Promise<void> {
  const { client } = await connectUp(await projectConfig(command))
  try {
    await client.request('letGo', { lane })
    const { ends } = await client.request('leave', {})
    process.stdout.write(`${lane} is kept no longer${ends ? '; it was the last one, so the stack ends' : ''}.\n`)
  } finally {
    client.close()
  }
}

async function down({ data }: { data: boolean }, command: Command): Promise<void> {
  const config = await projectConfig(command)
  const record = findClaim(upKey(config))
  if (!record && !data) throw notUp(config)
  if (record) {
    await end(record)
    process.stdout.write('The stack is down.\n')
  }
  if (data) await removeData(config)
}

async function end(record: UpRecord): Promise<void> {
  await tellToEnd(record)
  const until = performance.now() + patience
  while (isAlive(record.owner)) {
    if (performance.now() > until) throw stillThere(record.owner.pid)
    await delay(20)
  }
}

async function removeData(config: ResolvedConfig): Promise<void> {
  const run = new Run(join(stateFolder(), 'runs'), config.root)
  try {
    const all = new RuntimeSet(runtimes, { run, cacheFolder: cacheFolder(), report: silent })
    const swept = await forgetKept(stateFolder(), config, all)
    if (swept.length === 0) process.stdout.write('No data were kept.\n')
    if (!printSwept(swept)) process.exitCode = exitCodes.failed
  } finally {
    run.end()
  }
}

/** Asks it on its socket; one that is still starting listens to signals only. */
async function tellToEnd(record: UpRecord): Promise<void> {
  const client = record.address && (await LaneClient.connect(record.address).catch(() => undefined))
  if (!client) {
    if (isAlive(record.owner)) process.kill(record.owner.pid, 'SIGTERM')
    return
  }
  // It may well be gone before its answer is here.
  await client.request('down', {}).catch((error) => {
    if (!isIsolaneError(error, 'ISOLANE_LANE_LOST')) throw error
  })
  client.close()
}

function stillThere(pid: number): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STOP_TIMED_OUT',
    message: `The stack (pid ${pid}) has not ended within ${patience / 1000} s`,
    remedy: 'end that process, then run `isolane gc`',
  })
}
