import { createHash, type Hash } from 'node:crypto'
import { Transform, type TransformCallback } from 'node:stream'

export interface MeterOptions {
  /** Bytes after which it breaks. Default: none. */
  readonly limit?: number
  /** Whether the digest is wanted. Default: true. */
  readonly digest?: boolean
}

/** Passes on what it gets, and knows how much that was, and its SHA-256. */
export class Meter extends Transform {
  bytes = 0
  readonly #hash: Hash | undefined
  readonly #limit: number

  constructor({ limit = Number.POSITIVE_INFINITY, digest = true }: MeterOptions = {}) {
    super()
    this.#limit = limit
    this.#hash = digest ? createHash('sha256') : undefined
  }

  override _transform(piece: Buffer, _encoding: string, done: TransformCallback): void {
    this.bytes += piece.length
    this.#hash?.update(piece)
    if (this.bytes > this.#limit) done(new RangeError(`it has more than ${this.#limit} bytes`))
    else done(null, piece)
  }

  /** In hexadecimal digits, once everything has passed. */
  hex(): string {
    return this.#hash?.digest('hex') ?? ''
  }
}
