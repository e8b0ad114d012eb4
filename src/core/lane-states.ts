import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { LaneMark, LoadedState, StateSummary } from './contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from './errors.ts'
import type { LaneSlot } from './lane.ts'
import type { Report } from './report.ts'
import type { ServiceHost } from './service-host.ts'
import { type StateFile, StateFolderReader, StateFolderWriter, writeFailed } from './state-files.ts'

/** One service of a saved lane. Plain data. */
export type SavedService =
  | {
      readonly kind: string
      /** Fingerprint of the template that the lane began as. */
      readonly template: string
      readonly state: StateSummary
      /** In the service's folder below the lane's. */
      readonly files: readonly StateFile[]
    }
  | { readonly kind: string; readonly unsupported: string }

/** A saved lane: its services by name. Plain data. */
export type SavedLane = Readonly<Record<string, SavedService>>

const usedNoMore = 'the lane is used no more; run the test file again, and it gets another'

export interface LaneStatesOptions {
  /** What to do where a state could be brought neither forth nor back. Default: for lanes. */
  readonly whenLost?: string
  readonly hosts: readonly ServiceHost[]
  readonly report: Report
}

/** Keeps the states of lanes, of all their services together, and brings them back. */
export class LaneStates {
  readonly #options: LaneStatesOptions
  readonly #marks = new WeakMap<LaneSlot, Map<string, readonly LaneMark[]>>()
  readonly #told = new Set<string>()

  constructor(options: LaneStatesOptions) {
    this.#options = options
  }

  /** Keeps the lane's state under a name until {@link forget}; another of that name is replaced. */
  async mark(slot: LaneSlot, name: string): Promise<void> {
    const made = await Promise.allSettled(this.#savableHostsOf(slot).map((host) => host.markLane(slot.id)))
    const marks = made.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const failed = made.find((result) => result.status === 'rejected')
    if (failed) {
      await this.#disposeAll(slot, marks)
      throw snapshotFailed(slot, failed.reason)
    }
    const named = this.#marks.get(slot) ?? new Map<string, readonly LaneMark[]>()
    const before = named.get(name) ?? []
    this.#marks.set(slot, named.set(name, marks))
    await this.#disposeAll(slot, before)
  }

  /** @returns whether there is a state of that name. @throws ISOLANE_RESTORE_FAILED: the lane is no one's any more then */
  async restoreMark(slot: LaneSlot, name: string): Promise<boolean> {
    const marks = this.#marks.get(slot)?.get(name)
    if (!marks) return false
    const results = await Promise.allSettled(marks.map((mark) => mark.restore()))
    const failed = results.find((result) => result.status === 'rejected')
    if (!failed) return true
    slot.stale = true
    throw restoreFailed(slot, failed.reason, this.#options.whenLost ?? usedNoMore)
  }

  /** The lane changes hands: what was kept of it goes. */
  async forget(slot: LaneSlot): Promise<void> {
    const named = this.#marks.get(slot)
    if (!named) return
    this.#marks.delete(slot)
    await this.#disposeAll(slot, [...named.values()].flat())
  }

  /** About how many bytes {@link save} would write, at most. */
  async size(slot: LaneSlot): Promise<number> {
    const sizes = await Promise.all(this.#hostsOf(slot).map((host) => host.stateSize(slot.id)))
    return sizes.reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Writes each service's state into a folder of its name below `folder`, which is there. */
  async save(slot: LaneSlot, folder: string): Promise<SavedLane> {
    const supported = new Set(this.#savableHostsOf(slot))
    const saving = this.#partsOf(slot).map(async (host) => {
      const { name, kind } = host
      if (!supported.has(host)) return [name, { kind, unsupported: host.noSnapshots ?? '' }] as const
      const own = join(folder, name)
      mkdirSync(own, { mode: 0o700 })
      const writer = new StateFolderWriter(own)
      const state = await host.saveLane(slot.id, writer)
      return [name, { kind, template: host.template, state, files: writer.files }] as const
    })
    const results = await Promise.allSettled(saving)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw snapshotFailed(slot, writeFailed(failed.reason, folder))
    return Object.fromEntries(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))
  }

  /** What {@link save} would tell of the lane as it is now, without the files. */
  async describe(slot: LaneSlot): Promise<Readonly<Record<string, StateSummary>>> {
    const described = this.#hostsOf(slot).map(async (host) => [host.name, await host.describeLane(slot.id)] as const)
    return Object.fromEntries(await Promise.all(described))
  }

  /**
   * Makes the lane what was saved: first everything beside it, checked, then all at once. Services that were not saved stay
   * as they are. When anything fails the lane is as it was before.
   * @throws ISOLANE_RESTORE_FAILED, ISOLANE_SNAPSHOT_REFUSED, ISOLANE_SNAPSHOT_DAMAGED
   */
  async load(slot: LaneSlot, folder: string, saved: SavedLane): Promise<void> {
    const hosts = this.#hostsFor(slot, saved)
    const results = await Promise.allSettled(
      hosts.map(({ host, part }) =>
        host.loadLane(slot.id, new StateFolderReader(join(folder, host.name), part.files), part.state),
      ),
    )
    const loaded = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const failed = results.find((result) => result.status === 'rejected')
    try {
      if (failed) throw failed.reason
      await swapAll(slot, loaded)
    } catch (error) {
      const { whenLost } = this.#options
      const asItWas = whenLost === undefined ? 'the lane is as it was' : `${slot.id.name} is as it was`
      throw restoreFailed(slot, error, slot.stale ? (whenLost ?? usedNoMore) : asItWas)
    } finally {
      await this.#disposeAll(slot, loaded)
    }
  }

  /** @throws ISOLANE_SNAPSHOT_REFUSED for services that the stack has not, or has of another kind. */
  #hostsFor(slot: LaneSlot, saved: SavedLane) {
    return Object.entries(saved).flatMap(([name, part]) => {
      if ('unsupported' in part) return []
      const host = this.#partsOf(slot).find((each) => each.name === name)
      if (!host || host.kind !== part.kind) throw otherServices(slot, name, part.kind, host)
      return [{ host, part }]
    })
  }

  #partsOf(slot: LaneSlot): ServiceHost[] {
    return this.#options.hosts.filter(({ name }) => slot.parts.has(name))
  }

  /** What can't be removed stays until the stack ends, and is told. */
  async #disposeAll({ id }: LaneSlot, resources: readonly AsyncDisposable[]): Promise<void> {
    const results = await Promise.allSettled(resources.map((each) => each[Symbol.asyncDispose]()))
    for (const result of results) {
      if (result.status === 'fulfilled') continue
      const text = `something that was put beside it can't be removed: ${messageOf(result.reason).split('\n')[0]}`
      this.#options.report({ kind: 'warning', subject: id.name, text })
    }
  }

  /** Those that support snapshots. */
  #hostsOf(slot: LaneSlot): ServiceHost[] {
    return this.#partsOf(slot).filter(({ noSnapshots }) => noSnapshots === undefined)
  }

  /** The same; of the others it is told once. @throws ISOLANE_SNAPSHOT_UNSUPPORTED when there are only others */
  #savableHostsOf(slot: LaneSlot): ServiceHost[] {
    const hosts = this.#hostsOf(slot)
    const others = this.#partsOf(slot).filter((host) => !hosts.includes(host))
    if (hosts.length === 0) throw nothingSavable(slot, others)
    for (const { name, noSnapshots } of others) {
      if (this.#told.has(name)) continue
      this.#told.add(name)
      this.#options.report({ kind: 'warning', subject: name, text: `is not part of snapshots: ${noSnapshots}` })
    }
    return hosts
  }
}

/** All or, when one fails, none. */
async function swapAll(slot: LaneSlot, states: readonly LoadedState[]): Promise<void> {
  const swapped: LoadedState[] = []
  try {
    for (const state of states) {
      swapped.unshift(state)
      await state.swap()
    }
  } catch (error) {
    for (const state of swapped) {
      await state.swapBack().catch(() => {
        slot.stale = true
      })
    }
    throw error
  }
}

function snapshotFailed({ id }: LaneSlot, error: unknown): unknown {
  if (isIsolaneError(error)) return error
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: `${id.name} could not be saved (${messageOf(error).split('\n')[0]})`,
    remedy: 'see the cause; the lane is as it was',
    cause: error,
  })
}

function restoreFailed({ id, stale }: LaneSlot, error: unknown, remedy: string): unknown {
  if (!stale && isIsolaneError(error) && !error.code.endsWith('_FAILED')) return error
  return new IsolaneError({
    code: 'ISOLANE_RESTORE_FAILED',
    message: `The state could not be brought back into ${id.name} (${messageOf(error).split('\n')[0]})`,
    remedy,
    cause: error,
  })
}

function nothingSavable({ id }: LaneSlot, hosts: readonly ServiceHost[]): IsolaneError {
  const reasons = hosts.map(({ name, noSnapshots }) => `${name}: ${noSnapshots}`)
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_UNSUPPORTED',
    message: `Nothing of ${id.name} can be saved (${reasons.join('; ')})`,
    remedy: 'see docs/snapshots.md for what can be',
  })
}

function otherServices({ id }: LaneSlot, name: string, kind: string, host: ServiceHost | undefined): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message: host
      ? `The snapshot's ${name} is ${kind}, and that of ${id.name} is ${host.kind}`
      : `The snapshot has ${name} (${kind}), which the stack has not`,
    remedy: 'restore it with the config that it was made with',
  })
}
