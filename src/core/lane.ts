import type { LaneEndpoints } from './config.ts'
import type { LaneEndpoint, LaneId } from './contracts.ts'

/** Who holds a lane. */
export interface Holder {
  readonly pid: number
  /** For people: `vitest worker 3`. */
  readonly what: string
  /** The snapshot that the lane's state goes into after the run: once it comes back it is left as it is, while there are others. */
  readonly snapshot?: string
}

/** One lane, as leased. Plain data. */
export interface Lane {
  readonly id: LaneId
  readonly endpoints: LaneEndpoints
  /** The kind of each service, by its name. */
  readonly kinds: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

/**
 * `kept`: a test failed on it, and it stays as it was left. `left`: it stays so as long as nobody needs it. `resting`: what
 * it lacks, such as a server of its own, is made when somebody needs it.
 */
export type LanePhase = 'making' | 'ready' | 'leased' | 'kept' | 'left' | 'recycling' | 'resting' | 'discarded'

/** What the pool knows of a lane. */
export interface LaneSlot {
  readonly id: LaneId
  phase: LanePhase
  lane?: Lane
  /** What there is of it, by service. */
  readonly parts: Map<string, LaneEndpoint>
  holder?: Holder
  /** The first test that failed on it, when it is kept or left for that or will be once it comes back. */
  failedTest?: string
  /** It is kept, or will be once it comes back: until its run has saved it, or until somebody lets go of it. */
  kept?: 'for snapshot' | 'for people'
  /** The snapshot that its state goes into, when it is kept or left for that, or will be once it comes back. */
  snapshot?: string
  /** A service lost its server: this lane can't be reset any more, only made anew. */
  stale: boolean
  /** Resets and recycling of one lane go one after the other. */
  work: Promise<unknown>
}
