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
    const recorded = readRecord<Recorded>(file) ?? { indexes: {}, data: {} }
    const record = new EnvironmentRecord(file, config, recorded)
    await record.#replace({ ...recorded, indexes: withPlaces(recorded.indexes, Object.keys(config.environments)) })
    return record
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

  /** Environments with data that the config has no more. */
  get forgotten(): readonly string[] {
    return Object.keys(this.#recorded.indexes).filter((name) => !(name in this.#config.environments))
  }

  /**
   * Notes where a service's data are, before they are made.
   * @throws ISOLANE_ENVIRONMENT_CHANGED where there are some already, that the service as it is now would not find
   */
  async claim(service: string, data: ServiceData): Promise<void> {
    const before = this.#recorded.data[service]
    if (before) check(service, before, data)
    await this.#replace({ ...this.#recorded, data: { ...this.#recorded.data, [service]: data } })
  }

  async #replace(recorded: Recorded): Promise<void> {
    if (!(await replaceRecord(this.#file, readRecord<Recorded>(this.#file), recorded))) return this.#replace(recorded)
    this.#recorded = recorded
  }
}

/** Environments that have data, also those that the config has no more. */
export function environmentsWithData(stateFolder: string, config: ResolvedConfig): readonly string[] {
  const recorded = readRecord<Recorded>(fileOf(stateFolder, config))
  return recorded && Object.keys(recorded.data).length > 0 ? Object.keys(recorded.indexes) : []
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
