import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { IsolaneError, isIsolaneError } from '../core/errors.ts'
import { LaneClient } from '../core/lane-client.ts'
import { isAlive } from '../core/process-identity.ts'
import { findClaim, type UpRecord } from '../core/up-record.ts'
import { notUp, projectConfig, upKey } from './project.ts'

/** Longer than a stack takes to stop servers that do not want to. */
const patience = 30_000

export function addDown(program: Command): void {
  program
    .command('down')
    .description('end the stack that `isolane up` started')
    .action((_options: unknown, command: Command) => down(command))
}

async function down(command: Command): Promise<void> {
  const config = await projectConfig(command)
  const record = findClaim(upKey(config))
  if (!record) throw notUp(config)
  await tellToEnd(record)
  const until = performance.now() + patience
  while (isAlive(record.owner)) {
    if (performance.now() > until) throw stillThere(record.owner.pid)
    await delay(20)
  }
  process.stdout.write('The stack is down.\n')
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
