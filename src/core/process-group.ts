import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds that a command gets to end by itself, where nothing else is said. */
const usualGrace = 10_000
/** Milliseconds that those who are killed get to be gone. Zombies that nobody asks for never are. */
const killed = 2_000

/**
 * Ends a process and those that it has started, as Ctrl-C would; those that don't listen are killed.
 * @param grace milliseconds that they get to end by themselves
 * @returns whether they had to be killed, and so may have left something
 */
export async function endGroup(leader: number, grace = usualGrace): Promise<boolean> {
  if (process.platform === 'win32') {
    await endTree(leader)
    return true
  }
  signalGroup(leader, 'SIGINT')
  if (await isGone(leader, grace)) return false
  signalGroup(leader, 'SIGKILL')
  await isGone(leader, killed)
  return true
}

async function isGone(leader: number, patience: number): Promise<boolean> {
  const until = performance.now() + patience
  while (signalGroup(leader, 0)) {
    if (performance.now() > until) return false
    await delay(20)
  }
  return true
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
