import { join } from 'node:path'
import { stateFolder } from '../core/folders.ts'
import { Run, readRuns } from '../core/run.ts'

const runsFolder = () => join(stateFolder(), 'runs')

/** Something of ours on disk, which is on record until this is released: when we are killed the next run removes it. */
export interface Registered {
  /** It is gone, or is to stay. */
  release(): void
}

/** Puts a folder on record, before it exists. */
export function registerFolder(folder: string): Registered {
  return register({ kind: 'folder', what: 'unfinished snapshot', folder })
}

/**
 * Has everyone know that a snapshot is being read: it is not removed as long as this process lives.
 * @param folder without links on the way to it
 */
export function registerReading(folder: string): Registered {
  return register({ kind: 'reading', what: `reading of ${folder}`, reads: folder })
}

/** Whether a living process reads the snapshot in this folder, whose path has no links. */
export function isBeingRead(folder: string): boolean {
  return readRuns(runsFolder()).some(
    ({ alive, resources }) => alive && resources.some(({ resource: { reads } }) => reads === folder),
  )
}

function register(resource: Parameters<Run['register']>[0]): Registered {
  const run = new Run(runsFolder(), process.cwd())
  const registration = run.register(resource)
  return {
    release: () => {
      registration.release()
      run.end()
    },
  }
}
