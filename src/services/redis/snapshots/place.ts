import type { LaneId, ServiceContext } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import type { Administrator, Argument } from '../client.ts'
import type { ServerVersion } from '../inspect.ts'
import type { PlaceNumbers } from '../numbers.ts'

export interface Page {
  /** `0`: there are no more. */
  readonly cursor: string
  /** See records.ts. */
  readonly records: Buffer
}

/** The server that lanes are saved from and loaded into, by its scripts. */
export class Place {
  readonly server: ServerVersion
  readonly numbers: PlaceNumbers
  readonly #administrator: Administrator
  readonly #context: ServiceContext

  constructor(administrator: Administrator, server: ServerVersion, numbers: PlaceNumbers, context: ServiceContext) {
    this.server = server
    this.numbers = numbers
    this.#administrator = administrator
    this.#context = context
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
   * Runs a script that begins with {@link guarded}, on a number. Never twice: a number that is leased anew is empty.
   * @returns its answer, a list whose texts are bytes
   * @throws ISOLANE_LANE_LOST, ISOLANE_ENVIRONMENT_CHANGED when the number, or another that the script works on, is not ours any more
   */
  async run(script: string, number: number, ...rest: readonly Argument[]): Promise<unknown[]> {
    const answer = await this.#send(script, number, rest)
    if (String(answer[0]) === 'lost') throw this.numbers.lost(number)
    return answer
  }

  /** As {@link run}, for a script that begins with emptying the number, which may therefore be leased anew. */
  async refill(script: string, number: number, ...rest: readonly Argument[]): Promise<unknown[]> {
    this.numbers.refilled(number)
    const answer = await this.#send(script, number, rest)
    if (String(answer[0]) !== 'lost') return answer
    if (!(await this.numbers.regain(number))) throw this.numbers.lost(number)
    this.numbers.refilled(number)
    return this.run(script, number, ...rest)
  }

  info(text: string): void {
    this.#context.report({ kind: 'info', subject: this.#context.name, text })
  }

  async #send(script: string, number: number, rest: readonly Argument[]): Promise<unknown[]> {
    const { guard } = this.numbers
    return (await this.#administrator.sendForBytes('EVAL', script, 0, ...guard, number, ...rest)) as unknown[]
  }
}
