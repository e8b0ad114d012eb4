import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { makeStateFolder } from '../core/folders.ts'

const prefix = 'matrix-'
/** Milliseconds that logs stay: a week. */
const kept = 7 * 24 * 60 * 60 * 1000

/** A new folder for the logs of one matrix. Those of older ones are removed after a week. */
export function makeLogFolder(stateFolder: string): string {
  const logs = join(stateFolder, 'logs')
  const folder = join(logs, `${prefix}${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${process.pid}`)
  makeStateFolder(folder)
  for (const name of readdirSync(logs).filter((name) => name.startsWith(prefix))) removeOld(join(logs, name))
  return folder
}

function removeOld(folder: string): void {
  // Another process may do the same.
  const { mtimeMs } = statSync(folder, { throwIfNoEntry: false }) ?? { mtimeMs: Number.POSITIVE_INFINITY }
  if (mtimeMs < Date.now() - kept) rmSync(folder, { recursive: true, force: true })
}
