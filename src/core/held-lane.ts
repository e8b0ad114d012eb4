import type { ResetPolicy } from './config.ts'
import type { StateSummary } from './contracts.ts'
import type { KeepAnswer } from './kept-lanes.ts'
import type { Lane } from './lane.ts'
import { LaneClient } from './lane-client.ts'
import type { LaneServerAddress } from './lane-protocol.ts'
import type { SavedLane } from './lane-states.ts'

/** Where lanes are leased from. Survives `structuredClone` and JSON. */
export interface LaneSource {
  readonly address: LaneServerAddress
  readonly reset: ResetPolicy
  /** The lanes of test files that failed are kept: the stack outlives the run. Default: false. */
  readonly keepFailed?: boolean
  /** Why they are not, where that was asked for. */
  readonly notKept?: string
  /** The snapshot that states go into after the run: of lanes that a test failed on, or of all as they were left. */
  readonly snapshot?: { readonly name: string; readonly of: 'failed' | 'all' }
  /** The project's folder: where relative paths start, and whose snapshots are found by name. Default: the current folder. */
  readonly root?: string
}

/** Who asks for a lane: `what` is for people, `number` is the lane it would like. */
export interface Worker {
  readonly what: string
  readonly number?: number
}

/** A lane and the connection that holds it: the lane comes back when that closes, however the process ends. */
export class HeldLane {
  readonly lane: Lane
  /** Where it comes from: says whether {@link keep} may be asked. */
  readonly source: LaneSource
  /** Tests that have failed on it since it was leased, or let go. */
  failures = 0
  readonly #client: LaneClient
  readonly #marks = new Set<string>()
  #kept = false

  private constructor(lane: Lane, client: LaneClient, source: LaneSource) {
    this.lane = lane
    this.source = source
    this.#client = client
  }

  /** @throws ISOLANE_LANES_EXHAUSTED, ISOLANE_LANE_LOST when the stack has ended, or why no lane could be made. */
  static async lease(source: LaneSource, { what, number }: Worker): Promise<HeldLane> {
    const client = await LaneClient.connect(source.address)
    try {
      const { name, of } = source.snapshot ?? {}
      const holder = { pid: process.pid, what, ...(of === 'all' && name !== undefined ? { snapshot: name } : {}) }
      const lane = await client.request('lease', { holder, ...(number === undefined ? {} : { preferred: number }) })
      return new HeldLane(lane, client, source)
    } catch (error) {
      client.close()
      throw error
    }
  }

  /** Makes the lane, or one service of it, equal to the template again. @throws ISOLANE_RESET_FAILED, ISOLANE_LANE_LOST */
  async reset(service?: string): Promise<void> {
    await this.#client.request('reset', service === undefined ? {} : { service })
  }

  /** Whether the lane stays as it is when it is given back. */
  get kept(): boolean {
    return this.#kept
  }

  /**
   * A test has failed: the lane stays as it is when it is given back, until `isolane down` or its run has saved it.
   * @throws ISOLANE_LANE_LOST
   */
  async keep(test: string): Promise<KeepAnswer> {
    const { snapshot, keepFailed = false } = this.source
    const answer = await this.#client.request('keep', {
      test,
      ...(snapshot ? { snapshot: snapshot.name, keepFailed } : {}),
    })
    this.#kept = answer.refused === undefined || answer.left === true
    return answer
  }

  /** A person wants to look into it: it stays as it is when it is given back. @throws ISOLANE_LANE_LOST */
  async keepAs(reason: string): Promise<void> {
    await this.#client.request('keepAs', { reason })
    this.#kept = true
  }

  /** Names of the states that {@link mark} has kept. */
  get marks(): readonly string[] {
    return [...this.#marks]
  }

  /** Keeps the lane's state under a name, in its servers, until the lane is given back. @throws ISOLANE_LANE_LOST */
  async mark(name: string): Promise<void> {
    await this.#client.request('mark', { name })
    this.#marks.add(name)
  }

  /** The next test file of this worker begins without them. @throws ISOLANE_LANE_LOST, also when there are none */
  async forgetMarks(): Promise<void> {
    await this.#client.request('forgetMarks', {})
    this.#marks.clear()
  }

  /** @returns whether {@link mark} was called with that name. @throws ISOLANE_RESTORE_FAILED, ISOLANE_LANE_LOST */
  async restoreMark(name: string): Promise<boolean> {
    return (await this.#client.request('restoreMark', { name })).found
  }

  /** Makes the lane what was saved, or leaves it as it is. @throws ISOLANE_RESTORE_FAILED, ISOLANE_SNAPSHOT_REFUSED */
  async loadState(folder: string, saved: SavedLane): Promise<void> {
    await this.#client.request('loadState', { folder, saved })
  }

  /** What the lane holds. */
  describeState(): Promise<Readonly<Record<string, StateSummary>>> {
    return this.#client.request('describeState', {})
  }

  /** Takes {@link keep} back. @throws ISOLANE_LANE_LOST */
  async letGo(): Promise<void> {
    await this.#client.request('letGo', { lane: this.lane.id.name })
    this.#kept = false
    this.failures = 0
  }

  /** Gives the lane back. Safe to call twice. */
  release(): void {
    this.#client.close()
  }
}
