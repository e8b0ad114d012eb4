import { type StateContents, shortDigest } from '../../../core/state-contents.ts'
import { type KeyRecord, recordsOf } from './records.ts'

/** What is known of the keys of a lane once they have passed. */
export class Tally {
  /** Of those that expire. */
  expiring = 0
  /** The newest RDB version among the dumps. */
  rdb = 0
  readonly #contents: StateContents | undefined
  readonly #seen = new Set<string>()

  /** @param contents takes all keys in */
  constructor(contents?: StateContents) {
    this.#contents = contents
  }

  /** Passes pages on, and each key once: SCAN may have found some twice. */
  async *pass(pages: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    for await (const page of pages) {
      const records = [...recordsOf(page)]
      const unseen = records.filter((record) => this.#add(record))
      yield unseen.length === records.length ? page : Buffer.concat(unseen.map(({ bytes }) => bytes))
    }
  }

  /** How many keys there are. */
  get keys(): number {
    return this.#seen.size
  }

  #add({ type, key, digest, passes, rdb }: KeyRecord): boolean {
    const known = this.#seen.size
    this.#seen.add(key.toString('latin1'))
    if (this.#seen.size === known) return false
    if (passes) this.expiring += 1
    this.rdb = Math.max(this.rdb, rdb)
    this.#contents?.add(type, shortDigest(key), digest)
    return true
  }
}
