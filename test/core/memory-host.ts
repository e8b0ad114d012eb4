import type { LaneEndpoint, LaneId, ResetOptions } from '../../src/core/contracts.ts'
import type { ServiceHost, ServiceStatus } from '../../src/core/service-host.ts'

/** A service whose lanes are sets in this process: small enough to see everything the pool does to it. */
export class MemoryHost implements ServiceHost {
  readonly name = 'memory'
  readonly lanes = new Map<number, Set<string>>()
  readonly resets: { number: number; connections: string }[] = []
  failNextReset = false
  failCreation: Error | undefined

  async createLane(lane: LaneId): Promise<LaneEndpoint> {
    await Promise.resolve()
    if (this.failCreation) throw this.failCreation
    if (this.lanes.has(lane.number)) throw new Error(`${lane.name} exists already`)
    this.lanes.set(lane.number, new Set())
    return { url: `memory://${lane.number}`, version: '1' }
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
  async status(): Promise<ServiceStatus | undefined> {
    return undefined
  }
  async logs(): Promise<string> {
    return ''
  }
  async close(): Promise<void> {}
}
