import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Instance, InstanceSpec, Runtime, RuntimeContext } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { volatileFolder } from '../../core/folders.ts'

/** Room to ask for in memory before the disk is used instead. */
const wantedBytes = 1024 ** 3

/** For databases that are files: there is no server, only a private folder that goes with the run. */
export function createFolderRuntime({ run }: RuntimeContext): Runtime {
  return {
    name: 'folder',
    probe: async () => ({ ok: true }),
    provide: async (spec) => {
      if (!spec.folder) throw unsupported(spec)
    },
    start: async (spec) => {
      if (!spec.folder) throw unsupported(spec)
      const folder = join(volatileFolder(wantedBytes), `${run.id}-${randomBytes(2).toString('hex')}`)
      const registration = run.register({ kind: 'folder', what: `files of ${spec.service}, ${folder}`, folder })
      mkdirSync(folder, { mode: 0o700 })
      return folderInstance(spec, folder, () => {
        rmSync(folder, { recursive: true, force: true })
        registration.release()
      })
    },
    // Folders of dead runs are swept by the core.
    sweep: async () => [],
  }
}

function folderInstance({ credentials }: InstanceSpec, folder: string, remove: () => void): Instance {
  return {
    endpoint: { host: 'localhost', ports: {}, credentials, privateFolder: folder },
    owned: true,
    origin: folder,
    logs: async () => '',
    ended: new Promise(() => {}),
    [Symbol.asyncDispose]: async () => remove(),
  }
}

function unsupported(spec: InstanceSpec): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `${spec.service} is a server, not a file`,
    remedy: 'use another runtime for it',
  })
}
