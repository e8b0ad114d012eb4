import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { EventEmitter, once } from 'node:events'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** What outlives a program may hold its output open; after this many milliseconds nothing more of it is awaited. */
const drain = 1_000

/** A program that was started, with all it has written so far. */
export class Program {
  output = ''
  readonly ended: Promise<Ended>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #changes = new EventEmitter()
  #isRunning = true

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
        this.#changes.emit('change')
      })
    }
    // Whoever has ended does not read what is typed.
    child.stdin.on('error', () => {})
    this.ended = this.#whenEnded()
    this.ended.catch(() => {})
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the program was not started')
    return this.#child.pid
  }

  type(keys: string): void {
    this.#child.stdin.write(keys)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits until the output from `from` on matches, and returns the match. */
  async says(pattern: RegExp, { from = 0, timeout = 60_000 } = {}): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(timeout)
    for (;;) {
      const match = pattern.exec(this.output.slice(from))
      if (match) return match
      if (!this.#isRunning) throw new Error(`It ended without saying ${pattern}:\n${this.output}`)
      await once(this.#changes, 'change', { signal }).catch(() => {
        throw new Error(`It did not say ${pattern} within ${timeout} ms:\n${this.output}`)
      })
    }
  }

  async kill(): Promise<void> {
    if (this.#isRunning) this.#child.kill('SIGKILL')
    await this.ended.catch(() => {})
  }

  async #whenEnded(): Promise<Ended> {
    const closed = once(this.#child, 'close')
    const [code, signal] = (await once(this.#child, 'exit')) as [number | null, NodeJS.Signals | null]
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, drain).unref())])
    this.#isRunning = false
    this.#changes.emit('change')
    return { code, signal }
  }
}
