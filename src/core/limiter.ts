/** Runs at most so many tasks at once; the others wait in their order. */
export class Limiter {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(limit: number) {
    this.#free = limit
  }

  /** @param signal calls a task off that still waits; one that runs must see to itself. */
  async run<Result>(task: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    await this.#turn(signal)
    try {
      return await task()
    } finally {
      const [next] = this.#waiting
      if (next) next()
      else this.#free += 1
    }
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const callOff = () => {
      this.#waiting.delete(go)
      reject(signal?.reason)
    }
    const go = () => {
      this.#waiting.delete(go)
      signal?.removeEventListener('abort', callOff)
      resolve()
    }
    this.#waiting.add(go)
    signal?.addEventListener('abort', callOff, { once: true })
    return promise
  }
}
