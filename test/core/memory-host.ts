import type { Endpoint, LaneEndpoint, LaneId, ResetOptions } from '../../src/core/contracts.ts'
import type { ServiceHost, ServiceStatus } from '../../src/core/service-host.ts'

/** A service whose lanes are sets in this process: small enough to see everything the pool does to it. */
export class MemoryHost implements ServiceHost {
  readonly name: string
  readonly kind = 'memory'
  readonly isolation: 'shared' | 'instance'
  readonly lanes = new Map<number, Set<string>>()
  readonly resets: { number: number; connections: string }[] = []
  created = 0
  failNextReset = false
  failCreation: Error | undefined
  mostLanes = Number.POSITIVE_INFINITY
  urlOf = ({ number }: LaneId) => `${this.name}://${number}/${this.created}`
  /** Begun when a lane has been made, and not awaited. */
  afterCreation: (() => Promise<void>) | undefined

  constructor(name = 'memory', isolation: 'shared' | 'instance' = 'shared') {
    this.name = name
    this.isolation = isolation
  }

  async createLane(lane: LaneId): Promise<LaneEndpoint> {
    await Promise.resolve()
    if (this.failCreation) throw this.failCreation
    if (this.lanes.size >= this.mostLanes) throw new Error(`there is room for ${this.mostLanes} lanes only`)
    if (this.lanes.has(lane.number)) throw new Error(`${lane.name} exists already`)
    this.lanes.set(lane.number, new Set())
    this.created += 1
    void this.afterCreation?.()
    return { url: this.urlOf(lane), version: '1' }
  }

  async resetLane(lane: LaneId, { connections }: ResetOptions): Promise<void> {
    await new Promise(setImmediate)
    if (this.failNextReset) {
      this.failNextReset = false
      throw new Error('the reset was refused')
    }
    this.resets.push({ number: lane.number, connections })
    this.lanes.get(lane.number)?.clear()
  }

  async dropLane(lane: LaneId): Promise<void> {
    await Promise.resolve()
    this.lanes.delete(lane.number)
  }

  async idle(): Promise<void> {}
  endpoints(): readonly Endpoint[] {
    return []
  }
  async status(): Promise<ServiceStatus | undefined> {
    return undefined
  }
  async logs(): Promise<string> {
    return ''
  }
  async close(): Promise<void> {}
}
