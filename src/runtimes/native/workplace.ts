import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { volatileFolder } from '../../core/folders.ts'
import type { Run } from '../../core/run.ts'
import { removeFolder } from './engines/staging.ts'
import type { KeptData } from './kept-data.ts'
import { handOver, type ServerUser } from './user.ts'

/** Room to ask for in memory before the disk is used instead. */
const wantedBytes = 1024 ** 3

/** One instance's own folder: its data, where they are not kept, its private files and sockets, its log. */
export interface Workplace {
  readonly folder: string
  /** Kept data are elsewhere, and outlive the workplace. */
  readonly data: string
  /** The name under which the data are kept. */
  readonly keep: string | undefined
  readonly private: string
  readonly logFile: string
  remove(): void
}

/** Registers the folder with the run, then makes it. Kept data are released with it. */
export function makeWorkplace(run: Run, service: string, user: ServerUser | undefined, kept?: KeptData): Workplace {
  const folder = join(volatileFolder(wantedBytes), `${run.id}-${randomBytes(2).toString('hex')}`)
  const registration = run.register({
    kind: 'folder',
    what: `${kept ? 'files' : 'data'} of ${service}, ${folder}`,
    folder,
  })
  const workplace = {
    folder,
    data: kept?.folder ?? join(folder, 'data'),
    keep: kept?.keep,
    private: join(folder, 'private'),
    logFile: join(folder, 'log'),
    remove: () => {
      removeFolder(folder)
      registration.release()
      kept?.release()
    },
  }
  try {
    mkdirSync(folder)
    chmodSync(folder, 0o711)
    for (const inner of kept ? [workplace.private] : [workplace.data, workplace.private]) {
      mkdirSync(inner, { mode: 0o700 })
      handOver(inner, user)
    }
    writeFileSync(workplace.logFile, '', { mode: 0o600 })
  } catch (error) {
    workplace.remove()
    throw error
  }
  return workplace
}
