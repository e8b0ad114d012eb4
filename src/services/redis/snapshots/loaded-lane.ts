import { randomBytes } from 'node:crypto'
import type { LaneId, LoadedState } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { readyScript, swapScript } from './load-scripts.ts'
import type { Place } from './place.ts'

interface Filled {
  readonly lane: LaneId
  readonly number: number
  /** The number beside the lane's that was filled. */
  readonly scratch: number
  /** Keys that were added to it. */
  readonly added: number
  /** How many of these expire. */
  readonly passing: number
}

/** A state beside a lane. The lane and the number beside it are swapped in one script: at no moment is it anything else. */
export class LoadedLane implements LoadedState {
  readonly #place: Place
  readonly #filled: Filled
  readonly #mark: string
  readonly #third: number | undefined

  private constructor(place: Place, filled: Filled, mark: string, third: number | undefined) {
    this.#place = place
    this.#filled = filled
    this.#mark = mark
    this.#third = third
  }

  /** @throws ISOLANE_RESTORE_FAILED when the number does not hold what was added to it. */
  static async of(place: Place, filled: Filled): Promise<LoadedLane> {
    const { lane, scratch, added, passing } = filled
    const mark = `isolane:loaded:${randomBytes(12).toString('hex')}`
    const [outcome, found] = await place.run(readyScript, scratch, mark, added - passing, added)
    if (String(outcome) === 'short') throw failed(`of ${added} keys ${found} are there`)
    // Without the right to SWAPDB keys are moved, by way of a third number.
    const third = String(found) === '' ? undefined : await place.numbers.takeScratch(lane)
    return new LoadedLane(place, filled, mark, third)
  }

  async swap(): Promise<void> {
    await this.#swap('loaded', 'before')
  }

  async swapBack(): Promise<void> {
    await this.#swap('before', 'loaded')
  }

  async #swap(from: string, to: string): Promise<void> {
    const { number, scratch } = this.#filled
    const [outcome] = await this.#place.run(swapScript, number, scratch, this.#third ?? '', this.#mark, from, to)
    if (String(outcome) === 'gone') throw failed('somebody has emptied the server meanwhile')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { numbers } = this.#place
    try {
      await numbers.giveScratch(this.#filled.scratch)
    } finally {
      if (this.#third !== undefined) await numbers.giveScratch(this.#third)
    }
  }
}

function failed(why: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RESTORE_FAILED',
    message: `The saved keys could not be brought back: ${why}`,
    remedy: 'try again; the lane is as it was',
  })
}
