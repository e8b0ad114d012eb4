import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from '../../core/record-file.ts'
import { runCommand } from './command.ts'
import { removeFolder } from './engines/staging.ts'
import type { Setup } from './setup.ts'
import { handOver, handOverAll } from './user.ts'

/** Makes the data folder of kept data where there is none: written through to the disk, then put in its place. */
export async function fillKept(setup: Setup, signal: AbortSignal): Promise<void> {
  const { workplace, native, user, context } = setup
  const folder = workplace.data
  for (const partial of partialsOf(folder)) removeFolder(partial)
  if (existsSync(folder)) {
    // Made when there was another user to run the server.
    if (user && statSync(folder).uid !== user.uid) handOverAll(folder, user)
    for (const name of native.lockFiles ?? []) rmSync(join(folder, name), { force: true })
    return
  }
  // Under a name of its own: what a dead owner has started may still write to its one.
  const partial = `${folder}.partial-${context.run.id}`
  mkdirSync(partial, { mode: 0o700 })
  handOver(partial, user)
  const here = { ...setup, workplace: { ...workplace, data: partial }, places: { ...setup.places, data: partial } }
  if (native.initialise) await runCommand(native.initialise, 'initialised', here, signal)
  await syncAll(partial)
  renameSync(partial, folder)
  const home = dirname(folder)
  for (const way of [home, dirname(home), dirname(dirname(home))]) syncFolder(way)
}

/** Removes a kept data folder with its home. From the first step on it does not count any more. */
export function discardData(folder: string): void {
  const partial = `${folder}.partial-discarded`
  removeFolder(partial)
  if (existsSync(folder)) renameSync(folder, partial)
  removeFolder(dirname(folder))
}

function partialsOf(folder: string): string[] {
  const home = dirname(folder)
  return readdirSync(home)
    .filter((name) => name.startsWith(`${basename(folder)}.partial-`))
    .map((name) => join(home, name))
}

async function syncAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await syncAll(path)
    else if (entry.isFile()) await syncFile(path)
  }
  syncFolder(folder)
}

async function syncFile(path: string): Promise<void> {
  // Windows writes through only what is open for writing.
  await using file = await open(path, process.platform === 'win32' ? 'r+' : 'r')
  await file.sync()
}
