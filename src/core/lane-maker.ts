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

/** Servers that are lost this often while one lane is made will not serve. */
const maximumAttempts = 4

/** Makes, cleans and drops lanes in all services at once. Knows nothing of who wants them. */
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

  /** What fails from now on fails because the servers end. */
  close(): void {
    this.#closed = true
  }

  /** Makes what the lane lacks; all of it again when a server was lost in the meantime. */
  async make(slot: LaneSlot): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (slot.stale) await this.drop(slot)
      slot.stale = false
      try {
        await this.#complete(slot)
      } catch (error) {
        if (!slot.stale || this.#closed || attempt >= maximumAttempts) throw error
      }
      if (!slot.stale) return
    }
  }

  /**
   * Makes a lane that came back clean: servers of its own end, the rest is reset. What can't be cleaned is dropped.
   * @returns whether the lane is whole; else {@link make} completes it.
   */
  async clean(slot: LaneSlot): Promise<boolean> {
    const ending = this.#options.hosts
      .filter(({ name, isolation }) => isolation === 'instance' && slot.parts.delete(name))
      .map((host) => host.dropLane(slot.id))
    const [reset] = await Promise.allSettled([this.#resetRest(slot), ...ending])
    if (slot.stale || reset.status === 'rejected') await this.drop(slot)
    if (reset.status === 'rejected' && !slot.stale && !this.#closed) {
      const text = `is replaced: ${messageOf(reset.reason)}`
      this.#options.report({ kind: 'info', subject: slot.id.name, text })
    }
    return this.#options.hosts.every(({ name }) => slot.parts.has(name))
  }

  /** @throws ISOLANE_RESET_FAILED; ISOLANE_OPTION_INVALID for a service that the stack has not. */
  async reset(slot: LaneSlot, options: ResetOptions, service?: string): Promise<void> {
    const begun = performance.now()
    if (service !== undefined) this.#checkName(service)
    const hosts = this.#options.hosts.filter(({ name }) => slot.parts.has(name) && (service ?? name) === name)
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
    slot.parts.clear()
    await Promise.allSettled(this.#options.hosts.map((host) => host.dropLane(slot.id)))
  }

  async idle(): Promise<void> {
    await Promise.allSettled(this.#options.hosts.map((host) => host.idle()))
  }

  async #complete(slot: LaneSlot): Promise<void> {
    const { hosts, env } = this.#options
    const missing = hosts.filter(({ name }) => !slot.parts.has(name))
    const results = await Promise.allSettled(
      missing.map(async (host) => slot.parts.set(host.name, await host.createLane(slot.id))),
    )
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    const endpoints: LaneEndpoints = Object.fromEntries(
      hosts.flatMap(({ name }) => {
        const endpoint = slot.parts.get(name)
        return endpoint ? [[name, endpoint]] : []
      }),
    )
    const kinds = Object.fromEntries(hosts.map(({ name, kind }) => [name, kind]))
    slot.lane = { id: slot.id, endpoints, kinds, env: env(slot.id, endpoints) }
    this.#created += 1
  }

  #checkName(service: string): void {
    const names = this.#options.hosts.map(({ name }) => name)
    if (names.includes(service)) return
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `The stack has no service "${service}" to reset`,
      remedy: `choose one of ${names.join(', ')}, or none for all`,
    })
  }

  async #resetRest(slot: LaneSlot): Promise<void> {
    if (slot.parts.size > 0 && !slot.stale) await this.reset(slot, { connections: 'close' })
  }
}
