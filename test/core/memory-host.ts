import type {
  Endpoint,
  LaneEndpoint,
  LaneId,
  LaneMark,
  LoadedState,
  ResetOptions,
  StateReader,
  StateSummary,
  StateWriter,
} from '../../src/core/contracts.ts'
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

  readonly template = 'template'
  noSnapshots: string | undefined
  failNextSwap = false
  failNextSwapBack = false
  failNextMark = false
  failNextRestore = false
  failNextDisposal = false
  /** Marks that were made and not forgotten. */
  marks = 0
  /** States that were loaded and not disposed of. */
  loads = 0

  async stateSize(): Promise<number> {
    return 100
  }

  async saveLane(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    await files.write('items', [Buffer.from([...(this.lanes.get(lane.number) ?? [])].join('\n'))])
    return this.describeLane(lane)
  }

  async describeLane({ number }: LaneId): Promise<StateSummary> {
    const counts = { items: this.lanes.get(number)?.size ?? 0 }
    return { format: 'memory', version: '1', details: {}, counts, digests: {} }
  }

  async loadLane({ number }: LaneId, files: StateReader, { counts }: StateSummary): Promise<LoadedState> {
    let text = ''
    for await (const piece of files.read('items')) text += Buffer.from(piece).toString()
    const scratch = new Set(text ? text.split('\n') : [])
    if (scratch.size !== counts.items) throw new Error(`${scratch.size} items instead of ${counts.items}`)
    const before = this.lanes.get(number) ?? new Set()
    this.loads += 1
    return {
      swap: async () => {
        if (this.failNextSwap) {
          this.failNextSwap = false
          throw new Error('the swap was refused')
        }
        this.lanes.set(number, scratch)
      },
      swapBack: async () => {
        if (this.failNextSwapBack) {
          this.failNextSwapBack = false
          throw new Error('the swap back was refused')
        }
        this.lanes.set(number, before)
      },
      [Symbol.asyncDispose]: async () => {
        this.loads -= 1
      },
    }
  }

  async markLane({ number }: LaneId): Promise<LaneMark> {
    if (this.failNextMark) {
      this.failNextMark = false
      throw new Error('the mark was refused')
    }
    const items = new Set(this.lanes.get(number))
    this.marks += 1
    return {
      restore: async () => {
        if (this.failNextRestore) {
          this.failNextRestore = false
          throw new Error('the restore was refused')
        }
        this.lanes.set(number, new Set(items))
      },
      [Symbol.asyncDispose]: async () => {
        if (this.failNextDisposal) {
          this.failNextDisposal = false
          throw new Error('the disposal was refused')
        }
        this.marks -= 1
      },
    }
  }

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
