import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { volatileFolder } from '../../core/folders.ts'
import type { Run } from '../../core/run.ts'
import { removeFolder } from './engines/staging.ts'
import { handOver, type ServerUser } from './user.ts'

/** Room to ask for in memory before the disk is used instead. */
const wantedBytes = 1024 ** 3

/** One instance's own folder: its data, its private files and sockets, its log. */
export interface Workplace {
  readonly folder: string
  readonly data: string
  readonly private: string
  readonly logFile: string
  remove(): void
}

/** Registers the folder with the run, then makes it. */
export function makeWorkplace(run: Run, service: string, user: ServerUser | undefined): Workplace {
  const folder = join(volatileFolder(wantedBytes), `${run.id}-${randomBytes(2).toString('hex')}`)
  const registration = run.register({ kind: 'folder', what: `data of ${service}, ${folder}`, folder })
  const workplace = {
    folder,
    data: join(folder, 'data'),
    private: join(folder, 'private'),
    logFile: join(folder, 'log'),
    remove: () => {
      removeFolder(folder)
      registration.release()
    },
  }
  try {
    mkdirSync(folder)
    chmodSync(folder, 0o711)
    for (const inner of [workplace.data, workplace.private]) {
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
