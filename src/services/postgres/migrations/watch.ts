import { setTimeout as delay } from 'node:timers/promises'
import type { Effects } from '../../../core/contracts.ts'
import type { Client } from '../client.ts'
import { LockWatch } from './locks.ts'

/** Milliseconds between two looks at locks that only the server tells us of. */
const pause = 5

/** What a program does from elsewhere. A lock that comes and goes between two looks is not seen. */
export async function watchDatabase(observer: Client, work: () => Promise<void>): Promise<Effects> {
  const watch = await LockWatch.begin(observer)
  const begun = performance.now()
  await looking(watch, undefined, work)
  const milliseconds = performance.now() - begun
  return { milliseconds, locks: watch.locks(), rewritten: await watch.rewritten() }
}

/** Looks again and again while work goes on. */
export async function looking(watch: LockWatch, process: number | undefined, work: () => Promise<void>): Promise<void> {
  const done = new AbortController()
  const look = async () => {
    while (!done.signal.aborted) {
      await watch.look(process, performance.now())
      await delay(pause)
    }
  }
  const seeing = look()
  // Whoever waits for the work learns first that the server is gone.
  seeing.catch(() => {})
  try {
    await work()
  } finally {
    done.abort()
  }
  await seeing
  watch.end()
}
