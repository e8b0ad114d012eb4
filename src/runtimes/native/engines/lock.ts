import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprint } from '../../../core/fingerprint.ts'
import { openFolder } from './staging.ts'

/** A lock whose holder was killed is taken over after this long. */
const stale = 5_000

/** Runs `work` while no other process or call does so under the same name. */
export async function withLock<Result>(
  cacheFolder: string,
  name: string,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const { lock } = await import('proper-lockfile')
  const folder = join(cacheFolder, 'locks')
  openFolder(folder)
  const file = join(folder, `${name.replace(/[^\w.-]/g, '_').slice(0, 60)}-${fingerprint(name).slice(0, 8)}`)
  closeSync(openSync(file, 'a'))
  const release = await acquire(() => lock(file, { realpath: false, stale, update: 1_000 }), signal)
  try {
    return await work()
  } finally {
    // A lock lost to a long pause of the machine was taken over; there is nothing left to release.
    await release().catch(() => {})
  }
}

async function acquire(
  attempt: () => Promise<() => Promise<void>>,
  signal: AbortSignal | undefined,
): Promise<() => Promise<void>> {
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
