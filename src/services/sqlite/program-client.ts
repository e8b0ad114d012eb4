import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { DatabaseState, Unfilled } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { nodeOptionsForPrograms } from '../../core/node-options.ts'
import { packageRoot } from '../../core/package-root.ts'
import type { Answer, Description, Failure, Measure, Work } from './protocol.ts'

type Settle = (outcome: Answer | Error) => void

/** The program that works on SQLite files, started when there is work for the first time. It ends with our process. */
export class ProgramClient implements AsyncDisposable {
  #running: { readonly child: ChildProcess; readonly waiting: Map<number, Settle> } | undefined
  #count = 0
  #disposed = false

  /**
   * @returns what went wrong, if anything did.
   * @throws ISOLANE_INSTANCE_ENDED when the program itself is lost, ISOLANE_STACK_CLOSED
   */
  async perform(work: Work): Promise<Failure | undefined> {
    return (await this.#ask(work)).failure
  }

  /** What is in a database. @param contents the file to list it in. @throws Error that says why it can't be told */
  async describe(database: string, contents?: string): Promise<Description> {
    const work = { work: 'describe', database, ...(contents === undefined ? {} : { contents }) } as const
    const { description, failure } = await this.#ask(work)
    return given(description, failure)
  }

  async measure(database: string): Promise<Measure> {
    const { measure, failure } = await this.#ask({ work: 'measure', database })
    return given(measure, failure)
  }

  /** What there is, for migrations to be compared. @throws Error that says why it can't be told */
  async state(database: string): Promise<DatabaseState> {
    const { state, failure } = await this.#ask({ work: 'state', database })
    return given(state, failure)
  }

  /** Adds rows until each table has that many. @throws Error that says why it can't be done */
  async fill(database: string, rows: number, spared: readonly string[]): Promise<readonly Unfilled[]> {
    const { unfilled, failure } = await this.#ask({ work: 'fill', database, rows, spared })
    return given(unfilled, failure)
  }

  async #ask(work: Work): Promise<Answer> {
    if (this.#disposed) throw closed()
    this.#running ??= this.#start()
    const { child, waiting } = this.#running
    this.#count += 1
    const id = this.#count
    return new Promise((resolve, reject) => {
      waiting.set(id, (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)))
      child.send({ ...work, id })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    const child = this.#running?.child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await ended
  }

  #start() {
    const child = fork(programFile(), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { ...process.env, NODE_OPTIONS: nodeOptionsForPrograms() },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const waiting = new Map<number, Settle>()
    let output = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4_096)
    })
    child.on('message', (answer: Answer) => {
      waiting.get(answer.id)?.(answer)
      waiting.delete(answer.id)
    })
    const end = (how: string) => {
      if (this.#running?.child === child) this.#running = undefined
      for (const settle of waiting.values()) settle(programEnded(how, output))
      waiting.clear()
    }
    child.once('close', (code, signal) => end(signal ?? `exit code ${code}`))
    // Sending to a program that is gone fails here as well; then `close` tells of its end.
    child.on('error', (error) => {
      if (child.pid === undefined) end(error.message)
    })
    return { child, waiting }
  }
}

function given<Part>(part: Part | undefined, failure: Failure | undefined): Part {
  if (part === undefined) throw new Error(failure?.message ?? 'the program gave no answer')
  return part
}

function programFile(): string {
  const isSource = import.meta.url.endsWith('.ts')
  return isSource ? join(import.meta.dirname, 'program.ts') : join(packageRoot(), 'dist', 'sqlite-program.js')
}

function closed(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STACK_CLOSED',
    message: 'The stack is closed, and the program that works on SQLite files with it',
    remedy: 'start the run again',
  })
}

function programEnded(how: string, output: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_INSTANCE_ENDED',
    message: `The program that works on SQLite files ended (${how})`,
    remedy: 'run again; if it happens again, its last lines below say why',
    output,
  })
}
