import { PassThrough } from 'node:stream'

/** Hands what one program writes to somebody who reads it piece by piece; neither runs ahead of the other. */
export class Pipe {
  readonly #stream = new PassThrough()

  constructor() {
    // Whoever reads or writes is told; without a listener the process would end.
    this.#stream.on('error', () => {})
  }

  get pieces(): AsyncIterable<Uint8Array> {
    return this.#stream
  }

  /** Rejects once nobody reads any more. */
  push(piece: Uint8Array): Promise<void> {
    const stream = this.#stream
    return new Promise((resolve, reject) => {
      // A write that waits for the reader is not told when the stream is destroyed.
      const closed = () => reject(stream.errored ?? new Error('Nobody reads what is written'))
      stream.once('close', closed)
      stream.write(piece, (error) => {
        stream.off('close', closed)
        if (error) reject(error)
        else resolve()
      })
    })
  }

  end(): void {
    this.#stream.end()
  }

  fail(error: unknown): void {
    this.#stream.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}
