import {
  appendFileSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isIsolaneError } from '../core/errors.ts'
import { makeStateFolder, stateFolder } from '../core/folders.ts'
import { registerFolder } from './registered.ts'

/** What was done to a snapshot. */
export type ActName =
  | 'create'
  | 'verify'
  | 'restore'
  | 'remove'
  | 'pack'
  | 'unpack'
  | 'template export'
  | 'template import'

/** A line of the log. */
export interface Act {
  /** ISO 8601: when it was over. */
  readonly at: string
  readonly act: ActName
  /** Name of the snapshot, or key of the templates. */
  readonly snapshot: string
  readonly milliseconds: number
  /** `done`, or the code of the error it ended with. */
  readonly result: string
}

/** Bytes after which the log is begun anew; the one before is kept beside it. */
const limit = 1024 * 1024

export function actsFile(): string {
  return join(stateFolder(), 'snapshots.log')
}

/** Does something, and has it on record how that went. */
export async function logged<Result>(act: ActName, snapshot: string, work: () => Promise<Result>): Promise<Result> {
  const begun = performance.now()
  const log = (result: string) =>
    logAct({ at: new Date().toISOString(), act, snapshot, milliseconds: Math.round(performance.now() - begun), result })
  try {
    const result = await work()
    log('done')
    return result
  } catch (error) {
    log(isIsolaneError(error) ? error.code : 'failed')
    throw error
  }
}

/** Adds a line to the log of acts. One that can't be written keeps nobody from their snapshots. */
export function logAct(act: Act, file = actsFile()): void {
  try {
    appendLine(JSON.stringify(act), file)
  } catch {}
}

export interface AppendOptions {
  /** It is on the disk when this returns. Default: false. */
  readonly flush?: boolean
}

/**
 * Adds a line to a log, at once and whole: lines of other processes are neither split nor lost. A log that is full is begun
 * anew, and the one before kept beside it.
 */
export function appendLine(line: string, file: string, { flush = false }: AppendOptions = {}): void {
  makeStateFolder(dirname(file))
  rotate(file)
  const log = openSync(file, 'a', 0o600)
  try {
    writeSync(log, `${line}\n`)
    if (flush) fsyncSync(log)
  } finally {
    closeSync(log)
  }
}

/** Of several processes that find it too long at once, all but the first put back what they took. */
function rotate(file: string): void {
  if (!isFull(file)) return
  const taken = `${file}.${process.pid}`
  const registered = registerFolder(taken)
  try {
    renameSync(file, taken)
    if (isFull(taken)) {
      renameSync(taken, `${file}.1`)
      return
    }
    appendFileSync(file, readFileSync(taken), { mode: 0o600 })
    rmSync(taken)
  } catch (error) {
    // Another process was quicker.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  } finally {
    registered.release()
  }
}

function isFull(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > limit
}
