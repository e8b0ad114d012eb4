import type { LaneId } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import type { Administrator, Argument } from '../client.ts'
import type { ServerVersion } from '../inspect.ts'
import { taken } from '../lease-errors.ts'
import type { Numbers } from '../numbers.ts'

export interface Page {
  /** `0`: there are no more. */
  readonly cursor: string
  /** See records.ts. */
  readonly records: Buffer
}

/** The server that lanes are saved from and loaded into, by its scripts. */
export class Place {
  readonly server: ServerVersion
  readonly numbers: Numbers
  readonly #administrator: Administrator

  constructor(administrator: Administrator, server: ServerVersion, numbers: Numbers) {
    this.server = server
    this.numbers = numbers
    this.#administrator = administrator
  }

  /** @throws ISOLANE_SNAPSHOT_FAILED for a lane that is not there. */
  numberOf(lane: LaneId): number {
    const number = this.numbers.of(lane)
    if (number !== undefined) return number
    throw new IsolaneError({
      code: 'ISOLANE_SNAPSHOT_FAILED',
      message: `There is no Redis lane ${lane.name}`,
      remedy: 'make it first; it may have been dropped',
    })
  }

  /**
   * Runs a script that begins with {@link guarded}, on a number.
   * @returns its answer, a list whose texts are bytes
   * @throws ISOLANE_LANE_LOST when the number, or another that the script works on, is not ours any more
   */
  async run(script: string, number: number, ...rest: readonly Argument[]): Promise<unknown[]> {
    const send = async () =>
      (await this.#administrator.sendForBytes('EVAL', script, 0, ...this.numbers.guard, number, ...rest)) as unknown[]
    const answer = await send()
    if (String(answer[0]) !== 'lost') return answer
    const again = (await this.numbers.regain(number)) ? await send() : answer
    if (String(again[0]) === 'lost') throw taken(number)
    return again
  }
}
