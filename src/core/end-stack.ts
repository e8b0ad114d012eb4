import { setTimeout as delay } from 'node:timers/promises'
import { IsolaneError, isIsolaneError } from './errors.ts'
import { LaneClient } from './lane-client.ts'
import { isAlive } from './process-identity.ts'
import type { UpRecord } from './up-record.ts'

/** Milliseconds; longer than a stack takes to stop servers that do not want to. */
const patience = 120_000

/** Tells a stack that is up, or just starting, to end, and waits until it has. @throws ISOLANE_STOP_TIMED_OUT */
export async function endStack(record: UpRecord): Promise<void> {
  await tellToEnd(record)
  const until = performance.now() + patience
  while (isAlive(record.owner)) {
    if (performance.now() > until) throw stillThere(record.owner.pid)
    await delay(20)
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
