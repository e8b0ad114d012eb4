import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedConfig } from './config.ts'
import type { Credentials, Swept } from './contracts.ts'
import { forgetEnvironments } from './environment-record.ts'
import { fingerprint } from './fingerprint.ts'
import { readRecord, replaceRecord } from './record-file.ts'
import type { RuntimeSet } from './runtime-choice.ts'
import { newCredentials } from './service-host.ts'

/**
 * The name under which a service of a stack that stays up keeps its data, and the credentials those data were made with:
 * most servers take a password only when their data are new.
 */
export async function keptService(
  stateFolder: string,
  config: ResolvedConfig,
  service: string,
): Promise<{ readonly name: string; readonly credentials: Credentials }> {
  const name = keptName(config, service)
  const file = credentialsFile(stateFolder, name)
  for (;;) {
    const found = readRecord<Credentials>(file)
    if (found) return { name, credentials: found }
    // Whoever comes first decides, also when two start at once.
    await replaceRecord<Credentials>(file, undefined, newCredentials())
  }
}

/** Removes the data that a stack which is not up has kept, and the credentials they were made with. */
export async function forgetKept(
  stateFolder: string,
  config: ResolvedConfig,
  runtimes: RuntimeSet,
): Promise<readonly Swept[]> {
  const swept: Swept[] = []
  for (const service of Object.keys(config.services)) {
    const name = keptName(config, service)
    const forgotten: Swept[] = []
    for (const runtime of await runtimes.candidates(config.runtime[service] ?? 'auto')) {
      forgotten.push(...((await runtime.forget?.(name)) ?? []))
    }
    if (forgotten.every(({ removed }) => removed)) rmSync(credentialsFile(stateFolder, name), { force: true })
    swept.push(...forgotten)
  }
  if (swept.every(({ removed }) => removed)) forgetEnvironments(stateFolder, config)
  return swept
}

function keptName({ root, name: stack }: ResolvedConfig, service: string): string {
  return `${stack}-${service}-${fingerprint(root, stack, service).slice(0, 12)}`.toLowerCase()
}

function credentialsFile(stateFolder: string, name: string): string {
  return join(stateFolder, 'kept', `${name}.json`)
}
