import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds that a command gets to end by itself. */
const grace = 10_000

/** Ends a process and those that it has started, as Ctrl-C would; those that don't listen are killed. */
export async function endGroup(leader: number): Promise<void> {
  if (process.platform === 'win32') return endTree(leader)
  signalGroup(leader, 'SIGINT')
  const begun = performance.now()
  while (signalGroup(leader, 0)) {
    if (performance.now() - begun > grace) {
      signalGroup(leader, 'SIGKILL')
      return
    }
    await delay(20)
  }
}

/** @returns whether there is anybody left in it */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    // Windows has no groups.
    process.kill(process.platform === 'win32' ? leader : -leader, signal)
    return true
  } catch {
    return false
  }
}

/** Windows has no signal that a program without a console could be sent. */
async function endTree(leader: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  execFile('taskkill', ['/pid', String(leader), '/T', '/F'], () => resolve())
  await promise
}
