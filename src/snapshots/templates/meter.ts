import { createHash, type Hash } from 'node:crypto'
import { Transform, type TransformCallback } from 'node:stream'

/** Passes on what it gets, and knows how much that was, and its SHA-256. */
export class Meter extends Transform {
  bytes = 0
  readonly #hash: Hash = createHash('sha256')
  readonly #limit: number

  /** @param limit bytes after which it breaks */
  constructor(limit = Number.POSITIVE_INFINITY) {
    super()
    this.#limit = limit
  }

  override _transform(piece: Buffer, _encoding: string, done: TransformCallback): void {
    this.bytes += piece.length
    this.#hash.update(piece)
    if (this.bytes > this.#limit) done(new RangeError(`it has more than ${this.#limit} bytes`))
    else done(null, piece)
  }

  /** Once everything has passed. */
  hex(): string {
    return this.#hash.digest('hex')
  }
}
