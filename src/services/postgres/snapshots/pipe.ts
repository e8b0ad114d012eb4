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
    return new Promise((resolve, reject) => {
      this.#stream.write(piece, (error) => (error ? reject(error) : resolve()))
    })
  }

  end(): void {
    this.#stream.end()
  }

  fail(error: unknown): void {
    this.#stream.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}
