import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedConfig } from './config.ts'
import type { Credentials } from './contracts.ts'
import { fingerprint } from './fingerprint.ts'
import { newCredentials } from './service-host.ts'

/**
 * The name under which a service of a stack that stays up keeps its data, and the credentials those data were made with:
 * most servers take a password only when their data are new.
 */
export function keptService(
  stateFolder: string,
  { root, name: stack }: ResolvedConfig,
  service: string,
): { readonly name: string; readonly credentials: Credentials } {
  const name = `${stack}-${service}-${fingerprint(root, stack, service).slice(0, 12)}`.toLowerCase()
  const folder = join(stateFolder, 'kept')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, `${name}.json`)
  try {
    // Whoever comes first decides, also when two start at once.
    writeFileSync(file, JSON.stringify(newCredentials()), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return { name, credentials: JSON.parse(readFileSync(file, 'utf8')) as Credentials }
}
