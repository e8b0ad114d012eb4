/** Bounds how many keep a connection open; the one that has gone longest without using its own gives way. */
export class ConnectionBudget<Holder extends { close(): Promise<void> }> {
  readonly #limit: number
  readonly #busy = new Set<Holder>()
  /** In the order in which they were last used. */
  readonly #idle = new Set<Holder>()
  #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether another one could connect without anybody having to give way. */
  get room(): boolean {
    return this.#busy.size + this.#idle.size < this.#limit
  }

  /** Connects and acts when there is room. */
  async use<Result>(holder: Holder, act: () => Promise<Result>): Promise<Result> {
    await this.#enter(holder)
    try {
      return await act()
    } finally {
      if (this.#busy.delete(holder)) this.#idle.add(holder)
      this.#wake()
    }
  }

  /** The holder has closed its connection. */
  forget(holder: Holder): void {
    if (this.#idle.delete(holder)) this.#wake()
  }

  async #enter(holder: Holder): Promise<void> {
    while (!(this.#idle.delete(holder) || this.#busy.has(holder) || this.room)) {
      const [oldest] = this.#idle
      if (oldest) {
        this.#idle.delete(oldest)
        this.#busy.add(holder)
        return oldest.close()
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#busy.add(holder)
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }
}
