import { availableParallelism } from 'node:os'
import { freeMemory } from './free-memory.ts'

/** Bytes that one combination is taken to need before any has shown what it needs: servers, a runner and its workers. */
const firstGuess = 2 ** 30

export interface CapacityOptions {
  /** At most so many at once, whatever memory there is. Default: one for each core, where memory allows it. */
  readonly parallel?: number
  readonly cores?: number
  /** Bytes that are free now. */
  free?(): number
}

/** How many combinations fit on this machine side by side. */
export class Capacity {
  /** Never more than that at once. */
  readonly limit: number
  readonly #ignoresMemory: boolean
  readonly #free: () => number
  /** What was free when none ran. */
  #baseline = 0
  #largest = 0
  #hasShown = false

  constructor({ parallel, cores = availableParallelism(), free = freeMemory }: CapacityOptions = {}) {
    this.limit = parallel ?? cores
    this.#ignoresMemory = parallel !== undefined
    this.#free = free
  }

  /** Whether another one may start beside those that run. Asked again and again, it learns what they take. */
  hasRoom(running: number): boolean {
    const free = this.#free()
    if (running === 0) this.#baseline = free
    else this.#largest = Math.max(this.#largest, (this.#baseline - free) / running)
    if (running === 0) return true
    if (running >= this.limit) return false
    // Those that have just begun will take more than they do now.
    const expected = this.#hasShown ? this.#largest : Math.max(this.#largest, firstGuess)
    return this.#ignoresMemory || Math.min(free, this.#baseline - running * expected) >= expected
  }

  /** One has run to its end, so that the most that was taken is no guess any more. */
  ended(): void {
    this.#hasShown = true
  }
}
