import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TemporaryFolder } from './contracts.ts'
import type { Run } from './run.ts'

/** A new folder that is on the run's record before it exists. */
export async function makeTemporaryFolder(run: Run): Promise<TemporaryFolder> {
  const path = join(tmpdir(), `isolane-${run.id}-${randomBytes(6).toString('hex')}`)
  const registration = run.register({ kind: 'folder', what: `temporary folder ${path}`, folder: path })
  const remove = async () => {
    await rm(path, { recursive: true, force: true, maxRetries: 10 })
    registration.release()
  }
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    registration.release()
    throw error
  }
  return { path, [Symbol.asyncDispose]: remove }
}
