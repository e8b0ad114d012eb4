import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedConfig } from './config.ts'
import type { Credentials, Runtime, Swept } from './contracts.ts'
import { environmentData, forgetEnvironments } from './environment-record.ts'
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

/** What a service of a stack may have kept, and where. */
export interface KeptPlace {
  readonly name: string
  /** Those that are asked to remove it. */
  readonly runtimes: readonly Runtime[]
  /** Names of runtimes that may have some of it, and do not work here. */
  readonly silent: readonly string[]
}

/**
 * Where a stack may have kept data.
 * @throws ISOLANE_RUNTIME_UNSUPPORTED where environments have theirs at a runtime that does not work here, or the config
 * names one
 */
export async function findKept(
  stateFolder: string,
  config: ResolvedConfig,
  runtimes: RuntimeSet,
): Promise<readonly KeptPlace[]> {
  const recorded = environmentData(stateFolder, config)
  const places: KeptPlace[] = []
  for (const service of new Set([...Object.keys(config.services), ...Object.keys(recorded)])) {
    const wanted = config.runtime[service] ?? 'auto'
    const sure = recorded[service]?.runtime ?? (wanted === 'auto' ? undefined : wanted)
    const { working, silent } = await runtimes.keepers(sure)
    places.push({ name: keptName(config, service), runtimes: working, silent })
  }
  return places
}

/**
 * Removes the data that a stack which is not up has kept, and the credentials they were made with: those stay where some of
 * the data may have stayed.
 */
export async function forgetKept(
  stateFolder: string,
  config: ResolvedConfig,
  places: readonly KeptPlace[],
): Promise<readonly Swept[]> {
  const swept: Swept[] = []
  for (const { name, runtimes, silent } of places) {
    const forgotten: Swept[] = []
    for (const runtime of runtimes) forgotten.push(...((await runtime.forget?.(name)) ?? []))
    const isGone = forgotten.every(({ removed }) => removed) && silent.length === 0
    if (isGone) rmSync(credentialsFile(stateFolder, name), { force: true })
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
