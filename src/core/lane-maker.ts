import type { LaneEndpoints } from './config.ts'
import type { LaneId, ResetOptions } from './contracts.ts'
import { type DurationSummary, Durations } from './durations.ts'
import { IsolaneError, messageOf } from './errors.ts'
import type { LaneSlot } from './lane.ts'
import type { Report } from './report.ts'
import type { ServiceHost } from './service-host.ts'

export interface LaneMakerOptions {
  readonly hosts: readonly ServiceHost[]
  readonly report: Report
  env(id: LaneId, endpoints: LaneEndpoints): Record<string, string>
}

/** Makes, cleans, replaces and drops lanes in all services at once. Knows nothing of who wants them. */
export class LaneMaker {
  readonly #options: LaneMakerOptions
  readonly #resets = new Durations()
  #created = 0
  #closed = false

  constructor(options: LaneMakerOptions) {
    this.#options = options
  }

  get created(): number {
    return this.#created
  }

  get resets(): DurationSummary {
    return this.#resets.summary()
  }

  /** Nothing is replaced any more: what fails from now on fails because the servers end. */
  close(): void {
    this.#closed = true
  }

  /** Makes the lane; again when a server was lost in the meantime. */
  async make(slot: LaneSlot): Promise<void> {
    slot.stale = false
    try {
      await this.#makeOnce(slot)
    } catch (error) {
      if (!slot.stale || this.#closed) throw error
    }
    if (slot.stale) await this.#remake(slot)
  }

  /** Makes a lane that came back clean; one that can't be reset is replaced. */
  async clean(slot: LaneSlot): Promise<void> {
    if (!slot.stale) await this.#resetOrReplace(slot)
    if (slot.stale) await this.#remake(slot)
  }

  /** @throws ISOLANE_RESET_FAILED. */
  async reset(slot: LaneSlot, options: ResetOptions, service?: string): Promise<void> {
    const begun = performance.now()
    const hosts = this.#options.hosts.filter((host) => service === undefined || host.name === service)
    const results = await Promise.allSettled(hosts.map((host) => host.resetLane(slot.id, options)))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) {
      throw new IsolaneError({
        code: 'ISOLANE_RESET_FAILED',
        message: `${slot.id.name} could not be reset (${messageOf(failed.reason).split('\n')[0]})`,
        remedy: 'run the test file again; it gets another lane',
        cause: failed.reason,
      })
    }
    this.#resets.add(performance.now() - begun)
  }

  async drop(slot: LaneSlot): Promise<void> {
    await Promise.allSettled(this.#options.hosts.map((host) => host.dropLane(slot.id)))
  }

  async idle(): Promise<void> {
    await Promise.allSettled(this.#options.hosts.map((host) => host.idle()))
  }

  async #makeOnce(slot: LaneSlot): Promise<void> {
    const { hosts, env } = this.#options
    const results = await Promise.allSettled(hosts.map((host) => host.createLane(slot.id)))
    const made = results.map((result, index) => {
      if (result.status === 'rejected') throw result.reason
      return [hosts[index]?.name, result.value] as const
    })
    const endpoints: LaneEndpoints = Object.fromEntries(made)
    slot.lane = { id: slot.id, endpoints, env: env(slot.id, endpoints) }
    this.#created += 1
  }

  async #remake(slot: LaneSlot): Promise<void> {
    await this.drop(slot)
    await this.make(slot)
  }

  async #resetOrReplace(slot: LaneSlot): Promise<void> {
    try {
      await this.reset(slot, { connections: 'close' })
    } catch (error) {
      if (this.#closed) throw error
      this.#options.report({ kind: 'info', subject: slot.id.name, text: `is replaced: ${messageOf(error)}` })
      await this.#remake(slot)
    }
  }
}
