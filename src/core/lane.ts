import type { LaneEndpoints } from './config.ts'
import type { LaneId } from './contracts.ts'

/** Who holds a lane. */
export interface Holder {
  readonly pid: number
  /** For people: `vitest worker 3`. */
  readonly what: string
}

/** One lane, as leased. Plain data. */
export interface Lane {
  readonly id: LaneId
  readonly endpoints: LaneEndpoints
  readonly env: Readonly<Record<string, string>>
}

export type LanePhase = 'making' | 'ready' | 'leased' | 'recycling' | 'discarded'

/** What the pool knows of a lane. */
export interface LaneSlot {
  readonly id: LaneId
  phase: LanePhase
  lane?: Lane
  holder?: Holder
  /** A service lost its server: this lane can't be reset any more, only made anew. */
  stale: boolean
  /** Resets and recycling of one lane go one after the other. */
  work: Promise<unknown>
}
