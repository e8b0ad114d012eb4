/** A summary of durations in milliseconds. */
export interface DurationSummary {
  readonly count: number
  readonly p50: number
  readonly p99: number
}

/** Keeps the latest durations of one kind of act. */
export class Durations {
  readonly #values: number[] = []
  #count = 0

  add(milliseconds: number): void {
    this.#values[this.#count % 10_000] = milliseconds
    this.#count += 1
  }

  summary(): DurationSummary {
    const sorted = this.#values.toSorted((left, right) => left - right)
    const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
    return { count: this.#count, p50: at(0.5), p99: at(0.99) }
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}
