import type { LaneId, LaneMark } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { restoreScript } from './load-scripts.ts'
import type { Place } from './place.ts'
import { readLane } from './read-lane.ts'
import { Tally } from './tally.ts'

/** Bytes that the marks of all lanes of a server may take together. */
const defaultBudget = 512 * 1024 ** 2

/** Lanes' keys in our own memory, as large as their dumps: quick, and whoever empties the server does not reach them. */
export class Marks {
  readonly #place: Place
  readonly #budget: number
  #held = 0

  /** @param budget bytes */
  constructor(place: Place, budget = defaultBudget) {
    this.#place = place
    this.#budget = budget
  }

  /** @throws ISOLANE_SNAPSHOT_FAILED when it would take more than the budget, ISOLANE_LANE_LOST */
  async make(lane: LaneId): Promise<LaneMark> {
    const pages: Buffer[] = []
    const forget = async () => {
      for (const { length } of pages.splice(0)) this.#held -= length
    }
    try {
      await readLane(this.#place, lane, 'mark', new Tally(), async (found) => {
        for await (const page of found) {
          pages.push(page)
          this.#held += page.length
          if (this.#held > this.#budget) throw tooLarge(lane, this.#budget)
        }
      })
    } catch (error) {
      await forget()
      throw error
    }
    return { restore: () => this.#restore(lane, pages), [Symbol.asyncDispose]: forget }
  }

  /** How many keys are there then is not asked: clients that wait for some may have taken them already. */
  async #restore(lane: LaneId, pages: readonly Buffer[]): Promise<void> {
    const number = this.#place.numberOf(lane)
    for (const [index, page] of pages.entries()) {
      if (index === 0) await this.#place.refill(restoreScript, number, page, 'empty')
      else await this.#place.run(restoreScript, number, page)
    }
    await this.#place.numbers.checkWhole(number)
  }
}

function tooLarge({ name }: LaneId, budget: number): IsolaneError {
  const most = budget < 1024 ** 2 ? `${budget} bytes` : `${Math.floor(budget / 1024 ** 2)} MB`
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: `The Redis keys of ${name} can't be kept in memory: with what is kept already they take more than ${most}`,
    remedy:
      'keep fewer states (a name used again replaces its state), or save larger ones on disk with `isolane snapshot`',
  })
}
