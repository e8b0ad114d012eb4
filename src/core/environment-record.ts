import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedConfig } from './config.ts'
import type { EnvironmentId } from './contracts.ts'
import { isProduction } from './environment-names.ts'
import { environmentPassword } from './environment-password.ts'
import { IsolaneError } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import { readRecord, replaceRecord } from './record-file.ts'

/** What the data of a stack's environments were made with, so that a changed config never passes them by. */
interface Recorded {
  /** By environment, also those that the config has no more: nobody else gets their place. */
  readonly indexes: Readonly<Record<string, number>>
  /** By service. */
  readonly data: Readonly<Record<string, ServiceData>>
}

/** Where a service's data are, and what they were made with. */
export interface ServiceData {
  readonly kind: string
  /** As `EnvironmentSupport.dataVersion` tells it. */
  readonly version: string
  readonly runtime: string
  /** They are there. Absent: they may be, or a start that was to make them has failed. */
  readonly made?: true
}

/** The record of a stack's environments, in the state folder. Read and written by whoever has the stack up. */
export class EnvironmentRecord {
  readonly #file: string
  readonly #config: ResolvedConfig
  #recorded: Recorded

  private constructor(file: string, config: ResolvedConfig, recorded: Recorded) {
    this.#file = file
    this.#config = config
    this.#recorded = recorded
  }

  /** Gives each environment of the config its place. */
  static async open(stateFolder: string, config: ResolvedConfig): Promise<EnvironmentRecord> {
    const file = fileOf(stateFolder, config)
    const recorded = readRecord<Recorded>(file) ?? nothing
    const record = new EnvironmentRecord(file, config, recorded)
    const names = Object.keys(config.environments)
    await record.#change((now) => ({ ...now, indexes: withPlaces(now.indexes, names) }))
    return record
  }

  /**
   * What {@link claim} would refuse, as far as that can be told before anything is started.
   * @throws ISOLANE_ENVIRONMENT_CHANGED
   */
  static refuseOthers(stateFolder: string, config: ResolvedConfig): void {
    const recorded = readRecord<Recorded>(fileOf(stateFolder, config))
    for (const [name, before] of made(recorded)) {
      const definition = config.services[name]
      const version = definition?.service.environments?.dataVersion(definition.options)
      if (!definition || version === undefined) continue
      const wanted = config.runtime[name] ?? 'auto'
      const runtime = wanted === 'auto' ? before.runtime : wanted
      check(name, before, { kind: definition.service.kind, version, runtime })
    }
  }

  /** @throws ISOLANE_OPTION_INVALID where a password that the config names can't be had */
  async ids(): Promise<readonly EnvironmentId[]> {
    const { environments, name: stack, root } = this.#config
    return Promise.all(
      Object.entries(environments).map(async ([name, environment]) => {
        const password = await environmentPassword(name, environment, root)
        const index = this.#recorded.indexes[name] ?? 0
        return {
          name,
          number: index + 1,
          index,
          label: `${stack}-${name}`,
          protected: environment.protected === true || isProduction(name),
          ...(password === undefined ? {} : { password }),
        }
      }),
    )
  }

  /** The runtimes that hold data, by service: `auto` means these. */
  get runtimes(): Readonly<Record<string, string>> {
    return Object.fromEntries(made(this.#recorded).map(([name, { runtime }]) => [name, runtime]))
  }

  /** Environments with data that the config has no more. */
  get forgotten(): readonly string[] {
    return Object.keys(this.#recorded.indexes).filter((name) => !(name in this.#config.environments))
  }

  /**
   * Notes where a service's data will be, before they are made.
   * @throws ISOLANE_ENVIRONMENT_CHANGED where there are some already, that the service as it is now would not find
   */
  async claim(service: string, data: ServiceData): Promise<void> {
    await this.#change((now) => {
      const before = now.data[service]
      if (before?.made) check(service, before, data)
      const noted = before?.made ? { ...data, made: true as const } : data
      return { ...now, data: { ...now.data, [service]: noted } }
    })
  }

  /** They are there now. */
  async made(service: string): Promise<void> {
    await this.#change((now) => {
      const data = now.data[service]
      return data ? { ...now, data: { ...now.data, [service]: { ...data, made: true } } } : now
    })
  }

  /** Services come side by side: each change is made to what the others have left. */
  async #change(change: (now: Recorded) => Recorded): Promise<void> {
    for (;;) {
      const before = readRecord<Recorded>(this.#file)
      const after = change(before ?? nothing)
      if (!(await replaceRecord(this.#file, before, after))) continue
      this.#recorded = after
      return
    }
  }
}

const nothing: Recorded = { indexes: {}, data: {} }

function made(recorded: Recorded | undefined): readonly (readonly [service: string, data: ServiceData])[] {
  return Object.entries(recorded?.data ?? {}).filter(([, data]) => data.made)
}

/** Where the environments' data are or may be, by service, also of services that the config has no more. */
export function environmentData(stateFolder: string, config: ResolvedConfig): Readonly<Record<string, ServiceData>> {
  return readRecord<Recorded>(fileOf(stateFolder, config))?.data ?? {}
}

/**
 * Environments that have data, also those that the config has no more. Where the record is lost, or was never made, any of the
 * config's may have: a state folder can be gone while Docker's volumes are not.
 */
export function environmentsWithData(stateFolder: string, config: ResolvedConfig): readonly string[] {
  const recorded = readRecord<Recorded>(fileOf(stateFolder, config))
  if (!recorded) return Object.keys(config.environments)
  return made(recorded).length > 0 ? Object.keys(recorded?.indexes ?? {}) : []
}

/** The data are removed, and what is known of them. */
export function forgetEnvironments(stateFolder: string, config: ResolvedConfig): void {
  rmSync(fileOf(stateFolder, config), { force: true })
}

function fileOf(stateFolder: string, { root, name }: ResolvedConfig): string {
  return join(stateFolder, 'environments', `${name}-${fingerprint(root, name).slice(0, 12)}.json`)
}

function withPlaces(indexes: Recorded['indexes'], names: readonly string[]): Recorded['indexes'] {
  const places = { ...indexes }
  for (const name of names) places[name] ??= Math.max(-1, ...Object.values(places)) + 1
  return places
}

function check(service: string, before: ServiceData, now: ServiceData): void {
  const [field] = (['kind', 'version', 'runtime'] as const).filter((each) => before[each] !== now[each])
  if (!field) return
  const back =
    field === 'runtime' ? `\`runtime: { ${service}: '${before.runtime}' }\`` : `${before[field]} in the config`
  throw new IsolaneError({
    code: 'ISOLANE_ENVIRONMENT_CHANGED',
    message: `The environments' data of ${service} are of ${before[field]}, and the config asks for ${now[field]}, which would not find them`,
    remedy: `put back ${back}; to move, save each environment (\`isolane snapshot NAME\`), end the stack with \`isolane down --data\`, change the config, and bring them back with \`isolane snapshot restore\``,
  })
}
