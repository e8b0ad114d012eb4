import { atLastResort } from '../../core/last-resort.ts'
import { startSurvivor } from '../../core/survivor.ts'
import type { Child } from './child.ts'
import { grace } from './end-process.ts'
import type { Workplace } from './workplace.ts'

/**
 * The last resort, for a process that ends without disposing of its instances: their servers are told to stop, and a
 * small detached shell insists and removes their folders. SIGKILL gets past this; the next sweep does not.
 */
export function guard(child: Child, stopSignal: NodeJS.Signals, workplace: Workplace): void {
  const takeBack = atLastResort(() => stopNow(child, stopSignal, workplace))
  void child.exited.then(takeBack)
}

/** Milliseconds. */
const forgetful = 5_000

const finish = `
n=0
while kill -0 "$1" && [ $n -lt "$3" ]; do sleep 0.1; n=$((n+1)); done
[ $n -lt "$3" ] || kill -9 "$1"
rm -rf -- "$2"`

function stopNow(child: Child, stopSignal: NodeJS.Signals, { folder, keep }: Workplace): void {
  child.kill(stopSignal)
  if (child.pid === undefined || process.platform === 'win32') return
  const tenths = String((keep === undefined ? forgetful : grace.durable) / 100)
  startSurvivor('/bin/sh', ['-c', finish, 'isolane', String(child.pid), folder, tenths])
}
