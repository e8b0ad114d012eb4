import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { isIsolaneError } from '../../core/errors.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { runCommand } from './command.ts'
import { copyContents } from './copy.ts'
import { writingCache } from './engines/cache-errors.ts'
import { withLock } from './engines/lock.ts'
import { platform } from './engines/provided.ts'
import { partialFolder, removeFolder } from './engines/staging.ts'
import type { Ground } from './ground.ts'
import { type Setup, title } from './setup.ts'

/** Names the result of a setup's `initialise` command by everything that decides it. */
export function initialisedName({ native, engine, user, spec }: Ground): string {
  const parts = [engine.origin, platform, String(user?.uid ?? process.getuid?.()), spec.credentials.username]
  const hash = fingerprint(JSON.stringify(native.initialise ?? null), ...parts).slice(0, 16)
  return `${engine.name}-${engine.version}-${hash}`
}

/** Fills the instance's data folder as the `initialise` command does; a copy of what it made before, where possible. */
export async function fillInitialised(setup: Setup, signal: AbortSignal): Promise<void> {
  if (!setup.native.initialise) return
  const folder = join(setup.context.cacheFolder, 'initialised', initialisedName(setup))
  if (!existsSync(folder)) {
    const made = await initialiseOnce(setup, folder, signal)
    if (made) return
  }
  await copyContents(folder, setup.workplace.data)
}

/** Returns whether the data folder is filled already. */
async function initialiseOnce(setup: Setup, folder: string, signal: AbortSignal): Promise<boolean> {
  const { cacheFolder, report } = setup.context
  const begun = performance.now()
  let filled = false
  try {
    await writingCache(cacheFolder, () =>
      withLock(cacheFolder, folder, signal, async () => {
        if (existsSync(folder)) return
        await initialise(setup, signal)
        filled = true
        await keep(setup.workplace.data, folder)
      }),
    )
  } catch (error) {
    if (!isIsolaneError(error, 'ISOLANE_CACHE_NOT_WRITABLE')) throw error
    // Engines may come from a read-only cache, as on a CI image: slower then, but no reason to fail.
    report({ kind: 'warning', subject: setup.spec.service, text: `${error.message}; initialising at every start` })
    if (!filled) await initialise(setup, signal)
    return true
  }
  if (filled)
    report({
      kind: 'done',
      subject: setup.spec.service,
      text: `${title(setup)} initialised`,
      duration: performance.now() - begun,
    })
  return filled
}

async function initialise(setup: Setup, signal: AbortSignal): Promise<void> {
  if (setup.native.initialise) await runCommand(setup.native.initialise, 'initialised', setup, signal)
}

async function keep(data: string, folder: string): Promise<void> {
  const partial = partialFolder(join(folder, '..'))
  try {
    await copyContents(data, partial)
    renameSync(partial, folder)
  } finally {
    removeFolder(partial)
  }
}
