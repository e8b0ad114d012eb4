import type { ResetPolicy } from './config.ts'
import type { Lane } from './lane.ts'
import { LaneClient } from './lane-client.ts'
import type { LaneServerAddress } from './lane-protocol.ts'

/** Where lanes are leased from. Survives `structuredClone` and JSON. */
export interface LaneSource {
  readonly address: LaneServerAddress
  readonly reset: ResetPolicy
}

/** Who asks for a lane: `what` is for people, `number` is the lane it would like. */
export interface Worker {
  readonly what: string
  readonly number?: number
}

/** A lane and the connection that holds it: the lane comes back when that closes, however the process ends. */
export class HeldLane {
  readonly lane: Lane
  readonly #client: LaneClient

  private constructor(lane: Lane, client: LaneClient) {
    this.lane = lane
    this.#client = client
  }

  /** @throws ISOLANE_LANES_EXHAUSTED, ISOLANE_LANE_LOST when the stack has ended, or why no lane could be made. */
  static async lease({ address }: LaneSource, { what, number }: Worker): Promise<HeldLane> {
    const client = await LaneClient.connect(address)
    try {
      const holder = { pid: process.pid, what }
      const lane = await client.request('lease', { holder, ...(number === undefined ? {} : { preferred: number }) })
      return new HeldLane(lane, client)
    } catch (error) {
      client.close()
      throw error
    }
  }

  /** Makes the lane, or one service of it, equal to the template again. @throws ISOLANE_RESET_FAILED, ISOLANE_LANE_LOST */
  async reset(service?: string): Promise<void> {
    await this.#client.request('reset', service === undefined ? {} : { service })
  }

  /** Gives the lane back. Safe to call twice. */
  release(): void {
    this.#client.close()
  }
}
