import type { LaneId } from '../../core/contracts.ts'
import type { IsolaneError } from '../../core/errors.ts'
import type { Command } from './client.ts'

/** What it takes to read numbers, and to fill those beside them. */
export interface PlaceNumbers {
  /** For scripts that make sure by themselves that numbers are ours; see snapshots/guarded.ts. */
  readonly guard: readonly [record: number | '', session: string]
  /** The lane's number, if it has one. */
  of(lane: LaneId): number | undefined
  /**
   * An empty number beside the lane's, of which nobody is told. In a server of ours each lane has one.
   * @throws ISOLANE_LANES_EXHAUSTED
   */
  takeScratch(lane: LaneId): Promise<number>
  /** Empties it, if it is still ours, and takes it back. */
  giveScratch(number: number): Promise<void>
  /**
   * What was in a number until now does not matter any more, as it is emptied and filled: see {@link checkWhole}. A clone
   * that begins tells so by itself.
   */
  refilled(number: number): void
  /**
   * @throws ISOLANE_LANE_LOST when, since a number was last filled, it was not ours for a while, or is not: whatever is in it
   * may be less than was put there
   */
  checkWhole(number: number): Promise<void>
  /** After something that found a lane's number no longer ours: whether it is again. */
  regain(database: number): Promise<boolean>
  /** What to throw for a number that is not ours. */
  lost(number: number): IsolaneError
}

/**
 * Which DB number is whose, and what in the server says so. A server of ours is divided once and for all
 * ({@link OwnNumbers}, or {@link EnvironmentNumbers} for environments); in one that is not, each number is leased
 * ({@link LeasedNumbers}) and everything destructive checks, inside the server, that it still is.
 */
export interface Numbers extends PlaceNumbers {
  /** Asks for the fingerprint of the template that is there. */
  find(): Command
  /** An empty number to make the template in; what was noted of an earlier one is gone. */
  beginTemplate(): Promise<number>
  /** Notes that the template is complete. Answers with the number of stray keys found. */
  completeTemplate(fingerprint: string): Command
  /** @throws ISOLANE_LANES_EXHAUSTED rather than ever to give one number to two lanes. */
  take(lane: LaneId): Promise<number>
  /** Fills a lane from the template, page by page; see {@link cloneScript}. */
  clone(database: number, cursor: string): Command
  /** Empties the lane's number, if it is still ours, and takes it back. */
  give(lane: LaneId): Promise<void>
  /** For `isolane status`. */
  describe(): string
  close(): Promise<void>
}
