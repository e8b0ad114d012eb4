import type { LaneEndpoints, ResolvedConfig } from './config.ts'
import type { EnvironmentId, Limit } from './contracts.ts'
import { noSuchEnvironment, refuseProduction, refuseUnsaved, wipedInPart } from './environment-errors.ts'
import type { EnvironmentStatus, MeasuredFacts } from './environment-status.ts'
import { environmentVariables } from './environment-variables.ts'
import { IsolaneError, isIsolaneError, messageOf } from './errors.ts'
import type { Lane, LaneSlot } from './lane.ts'
import { withoutSecrets } from './lane-address.ts'
import { LaneStates, type SavedLane } from './lane-states.ts'
import type { Report } from './report.ts'
import type { EnvironmentHost } from './service-host.ts'

export interface EnvironmentsOptions {
  readonly config: ResolvedConfig
  readonly ids: readonly EnvironmentId[]
  readonly hosts: readonly EnvironmentHost[]
  readonly report: Report
}

interface Slot extends LaneSlot {
  readonly id: EnvironmentId
  /** By service. */
  readonly problems: Map<string, string>
  /** By service. */
  readonly outdated: Map<string, string>
  /** When all of it was last saved. */
  savedAt?: number
}

/** The environments of a stack that stays up. What is done with one of them is done one thing after the other. */
export class Environments {
  readonly #options: EnvironmentsOptions
  readonly #states: LaneStates
  readonly #slots: ReadonlyMap<string, Slot>

  private constructor(options: EnvironmentsOptions) {
    this.#options = options
    this.#states = new LaneStates({ ...options, whenLost })
    this.#slots = new Map(options.ids.map((id) => [id.name, newSlot(id)]))
  }

  /** Makes what is not there yet, and applies what has changed. */
  static async open(options: EnvironmentsOptions): Promise<Environments> {
    const environments = new Environments(options)
    // One after the other: what several need, such as an extension, is made once.
    for (const slot of environments.#slots.values()) {
      await Promise.all(options.hosts.map((host) => environments.#openSlice(slot, host)))
    }
    return environments
  }

  has(name: string): boolean {
    return this.#slots.has(name)
  }

  /** A server was started again: its slices are opened there. */
  reopen(service: string): void {
    const host = this.#options.hosts.find(({ name }) => name === service)
    if (!host) return
    for (const slot of this.#slots.values()) {
      slot.parts.delete(service)
      void this.#inTurn(slot, () => this.#openSlice(slot, host)).catch((error) => {
        const text = `${slot.id.name} can't be opened again: ${messageOf(error).split('\n')[0]}`
        slot.problems.set(service, messageOf(error))
        this.#options.report({ kind: 'warning', subject: service, text })
      })
    }
  }

  /** An environment with its passwords. @throws ISOLANE_OPTION_INVALID, ISOLANE_SERVER_UNREACHABLE */
  async look(name: string): Promise<Lane> {
    const slot = this.#find(name)
    return this.#inTurn(slot, async () => this.#lane(slot))
  }

  async stateSize(name: string): Promise<number> {
    const slot = this.#find(name)
    return this.#inTurn(slot, async () => this.#states.size(this.#whole(slot)))
  }

  async saveState(name: string, folder: string): Promise<SavedLane> {
    const slot = this.#find(name)
    const saved = await this.#inTurn(slot, async () => this.#states.save(this.#whole(slot), folder))
    slot.savedAt = Date.now()
    return saved
  }

  async describeState(name: string): ReturnType<LaneStates['describe']> {
    const slot = this.#find(name)
    return this.#inTurn(slot, async () => this.#states.describe(this.#whole(slot)))
  }

  /**
   * Makes an environment what was saved, or leaves it as it is. Migrations that have come since are applied.
   * @throws ISOLANE_ENVIRONMENT_PROTECTED
   */
  async loadState(name: string, folder: string, saved: SavedLane): Promise<void> {
    const slot = this.#find(name)
    refuseProduction(slot.id)
    refuseUnsaved(slot.id, slot.savedAt)
    await this.#inTurn(slot, async () => {
      await this.#states.load(this.#whole(slot), folder, saved)
      await this.#updateAll(slot)
    }).finally(() => this.#renewStale(slot))
  }

  /**
   * Makes an environment what migrations and seed make.
   * @param snapshot name of the one that holds what it was, for people
   * @throws ISOLANE_ENVIRONMENT_PROTECTED, ISOLANE_RESET_FAILED
   */
  async wipe(name: string, snapshot: string | undefined): Promise<void> {
    const slot = this.#find(name)
    refuseProduction(slot.id)
    refuseUnsaved(slot.id, slot.savedAt)
    await this.#inTurn(slot, async () => {
      this.#whole(slot)
      const results = await Promise.allSettled(
        this.#options.hosts.map((host) => host.resetLane(slot.id, { connections: 'close' })),
      )
      const failed = results.find((result) => result.status === 'rejected')
      if (failed) throw wipedInPart(slot.id, failed.reason, snapshot)
      await this.#updateAll(slot)
    })
  }

  /**
   * Gives the users of one environment new passwords; or those of all whose passwords are not from elsewhere.
   * @param roles of those that have any. Default: all users
   * @returns by environment, the services that it was done in
   */
  async rotate(name: string | undefined, roles?: readonly string[]): Promise<Readonly<Record<string, string[]>>> {
    const own = [...this.#slots.values()].filter(({ id }) => id.password === undefined)
    const slots = name === undefined ? own : [this.#find(name)]
    const rotated: Record<string, string[]> = {}
    for (const slot of slots) {
      rotated[slot.id.name] = await this.#inTurn(slot, () => this.#rotate(slot, roles))
    }
    return rotated
  }

  async status({ facts = false }: { readonly facts?: boolean } = {}): Promise<readonly EnvironmentStatus[]> {
    return Promise.all(
      [...this.#slots.values()].map(async (slot) => {
        const { id, parts, problems, outdated } = slot
        return {
          name: id.name,
          label: id.label,
          protected: id.protected,
          lanes: this.#options.config.environments[id.name]?.lanes === true,
          addresses: Object.fromEntries(
            this.#options.hosts.flatMap((host) => {
              const url = parts.get(host.name)?.url
              return url === undefined ? [] : [[host.name, withoutSecrets(url, { user: false })]]
            }),
          ),
          problems: Object.fromEntries([...problems].map(([service, why]) => [service, why.split('\n')[0] ?? ''])),
          outdated: Object.fromEntries(outdated),
          ...(facts ? { facts: await this.#facts(slot) } : {}),
        }
      }),
    )
  }

  /** What each server may run out of, by service. */
  async limits(): Promise<Readonly<Record<string, readonly Limit[]>>> {
    const all = await Promise.all(
      this.#options.hosts.map(async (host) => {
        const limits = await host
          .environmentSession()
          .then((session) => session.limits())
          .catch(() => [])
        return [host.name, limits] as const
      }),
    )
    return Object.fromEntries(all)
  }

  /** Waits for what goes on. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.#slots.values()].map(({ work }) => work))
  }

  async #openSlice(slot: Slot, host: EnvironmentHost): Promise<void> {
    const session = await host.environmentSession()
    slot.parts.set(host.name, await session.open(slot.id))
    slot.problems.delete(host.name)
    await this.#update(slot, host)
    slot.lane = this.#laneOf(slot)
  }

  /** What can't be applied is told, and costs neither this environment nor the others anything. */
  async #update(slot: Slot, host: EnvironmentHost): Promise<void> {
    const session = await host.environmentSession()
    slot.outdated.delete(host.name)
    try {
      if (session.update) slot.parts.set(host.name, await session.update(slot.id))
    } catch (error) {
      if (!isIsolaneError(error, 'ISOLANE_ENVIRONMENT_CHANGED', 'ISOLANE_MIGRATION_FAILED')) throw error
      slot.outdated.set(host.name, `${error.reason}: ${error.remedy}`)
      this.#options.report({ kind: 'warning', subject: host.name, text: messageOf(error) })
    }
  }

  async #updateAll(slot: Slot): Promise<void> {
    await Promise.all(this.#options.hosts.map((host) => this.#update(slot, host)))
  }

  async #rotate(slot: Slot, roles: readonly string[] | undefined): Promise<string[]> {
    this.#whole(slot)
    const done: string[] = []
    for (const host of this.#options.hosts) {
      const session = await host.environmentSession()
      if (!session.rotate || (roles && host.kind !== 'postgres')) continue
      slot.parts.set(host.name, await session.rotate(slot.id, roles))
      // When the next one fails, these passwords are the ones that count.
      slot.lane = this.#laneOf(slot)
      done.push(host.name)
    }
    return done
  }

  async #facts({ id, parts }: Slot): Promise<Readonly<Record<string, MeasuredFacts>>> {
    const all = await Promise.all(
      this.#options.hosts.map(async (host) => {
        if (!parts.has(host.name)) return []
        const begun = performance.now()
        try {
          const facts = await (await host.environmentSession()).facts(id)
          return [[host.name, { ...facts, milliseconds: performance.now() - begun }] as const]
        } catch {
          return []
        }
      }),
    )
    return Object.fromEntries(all.flat())
  }

  #laneOf({ id, parts }: Slot): Lane {
    const { hosts, config } = this.#options
    const endpoints: LaneEndpoints = Object.fromEntries(
      hosts.flatMap(({ name }) => {
        const endpoint = parts.get(name)
        return endpoint ? [[name, endpoint]] : []
      }),
    )
    const kinds = Object.fromEntries(hosts.map(({ name, kind }) => [name, kind]))
    return { id, endpoints, kinds, env: environmentVariables(config, id, endpoints) }
  }

  #lane(slot: Slot): Lane {
    const { lane } = this.#whole(slot)
    return lane ?? this.#laneOf(slot)
  }

  /** @throws ISOLANE_SERVER_UNREACHABLE while one of its servers is away */
  #whole(slot: Slot): Slot {
    const missing = this.#options.hosts.find(({ name }) => !slot.parts.has(name))
    if (!missing) return slot
    throw new IsolaneError({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: `${slot.id.name} can't be had of ${missing.name} (${slot.problems.get(missing.name)?.split('\n')[0] ?? 'its server is away'})`,
      remedy: `see \`isolane logs ${missing.name}\`; \`isolane down\` and \`isolane up\` start it anew, and lose nothing`,
    })
  }

  #find(name: string): Slot {
    const slot = this.#slots.get(name)
    if (slot) return slot
    throw noSuchEnvironment(name, [...this.#slots.keys()])
  }

  /** What could be brought neither forth nor back is opened as its servers have it. */
  #renewStale(slot: Slot): void {
    if (!slot.stale) return
    slot.stale = false
    for (const { name } of this.#options.hosts) slot.parts.delete(name)
    void this.#inTurn(slot, () => Promise.all(this.#options.hosts.map((host) => this.#openSlice(slot, host)))).catch(
      (error) => {
        const text = `can't be opened again: ${messageOf(error).split('\n')[0]}`
        this.#options.report({ kind: 'warning', subject: slot.id.name, text })
      },
    )
  }

  #inTurn<Result>(slot: Slot, work: () => Promise<Result>): Promise<Result> {
    const next = slot.work.catch(() => {}).then(work)
    slot.work = next
    return next
  }
}

/** What to do where a state could be brought neither forth nor back. */
const whenLost =
  'its services may hold what belongs to different moments: bring one back with `isolane undo` or `isolane snapshot restore`'

function newSlot(id: EnvironmentId): Slot {
  return {
    id,
    phase: 'ready',
    parts: new Map(),
    problems: new Map(),
    outdated: new Map(),
    stale: false,
    work: Promise.resolve(),
  }
}
