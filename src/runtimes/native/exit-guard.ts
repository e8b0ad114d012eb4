import { atLastResort } from '../../core/last-resort.ts'
import { startSurvivor } from '../../core/survivor.ts'
import type { Child } from './child.ts'

/**
 * The last resort, for a process that ends without disposing of its instances: their servers are told to stop, and a
 * small detached shell insists and removes their folders. SIGKILL gets past this; the next sweep does not.
 */
export function guard(child: Child, stopSignal: NodeJS.Signals, folder: string): void {
  const takeBack = atLastResort(() => stopNow(child, stopSignal, folder))
  void child.exited.then(takeBack)
}

const finish = `
n=0
while kill -0 "$1" && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done
[ $n -lt 50 ] || kill -9 "$1"
rm -rf -- "$2"`

function stopNow(child: Child, stopSignal: NodeJS.Signals, folder: string): void {
  child.kill(stopSignal)
  if (child.pid === undefined || process.platform === 'win32') return
  startSurvivor('/bin/sh', ['-c', finish, 'isolane', String(child.pid), folder])
}
