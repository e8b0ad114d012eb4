import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A TypeScript program of these tests in a process of its own, which talks in lines. Killed when disposed. */
export class LineProgram implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  errors = ''

  constructor(fixture: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const file = join(import.meta.dirname, 'fixtures', fixture)
    this.child = spawn(process.execPath, [file, ...args], { env: { ...process.env, NODE_OPTIONS: '', ...env } })
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text
    })
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`The program ended: ${this.errors}`)
    return value
  }

  ask(): Promise<string> {
    this.child.stdin.write('\n')
    return this.line()
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'close')
    this.child.kill('SIGKILL')
    await ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}
