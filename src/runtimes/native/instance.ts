import type { Instance, InstanceCommand, ProgramResult } from '../../core/contracts.ts'
import { messageOf } from '../../core/errors.ts'
import { type Child, describeExit } from './child.ts'
import { lastLog } from './log.ts'
import { type ReservedPorts, releasePorts } from './ports.ts'
import { runProgram } from './run-program.ts'
import { keepSaved, savedFolder } from './saved.ts'
import { serve, stop } from './serve.ts'
import { host, type Setup, title } from './setup.ts'

/** A local server process. */
export class NativeInstance implements Instance {
  readonly endpoint
  readonly owned = true
  readonly origin: string
  readonly startedFrom?: string
  readonly ended: Promise<string>
  readonly save?: (key: string) => Promise<void>
  readonly #setup: Setup
  readonly #ports: ReservedPorts
  readonly #reportEnd: (how: string) => void
  #child: Child
  #stopping = false
  #disposed: Promise<void> | undefined
  #saving: Promise<void> = Promise.resolve()
  readonly #ending = new AbortController()
  readonly #programs = new Set<Promise<unknown>>()

  constructor(setup: Setup, child: Child, ports: ReservedPorts, startedFrom: string | undefined) {
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ended = promise
    this.#reportEnd = resolve
    this.#setup = setup
    this.#child = child
    this.#ports = ports
    this.origin = setup.engine.origin
    if (startedFrom !== undefined) this.startedFrom = startedFrom
    const { credentials, ports: numbers } = setup.places
    this.endpoint = { host, ports: numbers, credentials, privateFolder: setup.workplace.private }
    if (setup.native.save && setup.workplace.keep === undefined) this.save = (key) => this.#saveNext(key)
    this.#watch()
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN
  }

  async logs(): Promise<string> {
    return lastLog(this.#setup)
  }

  async run(command: InstanceCommand): Promise<ProgramResult | undefined> {
    const signals = [this.#ending.signal, ...(command.signal ? [command.signal] : [])]
    const program = runProgram(command, this.#setup, AbortSignal.any(signals))
    this.#programs.add(program)
    try {
      return await program
    } finally {
      this.#programs.delete(program)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose()
    return this.#disposed
  }

  async #dispose(): Promise<void> {
    this.#ending.abort(new Error('the server was stopped'))
    await Promise.allSettled(this.#programs)
    // A save may just have stopped the server and would start it again.
    await this.#saving.catch(() => {})
    this.#stopping = true
    await stop(this.#child, this.#setup.native.stopSignal, this.#setup.workplace)
    this.#setup.workplace.remove()
    releasePorts(this.#ports)
  }

  #saveNext(key: string): Promise<void> {
    const next = this.#saving.catch(() => {}).then(() => this.#save(key))
    this.#saving = next
    return next
  }

  async #save(key: string): Promise<void> {
    const { native, workplace, context } = this.#setup
    if (!native.save) return
    const folder = savedFolder(this.#setup, key)
    const keep = () =>
      keepSaved(folder, workplace.data, native.save as NonNullable<typeof native.save>, context.cacheFolder)
    if (!native.save.stopped) return keep()
    this.#stopping = true
    await stop(this.#child, native.stopSignal, workplace)
    try {
      await keep()
    } finally {
      await this.#serveAgain()
    }
  }

  async #serveAgain(): Promise<void> {
    try {
      this.#child = await serve(this.#setup, new AbortController().signal)
    } catch (error) {
      this.#reportEnd(messageOf(error))
      throw error
    }
    this.#stopping = false
    this.#watch()
  }

  #watch(): void {
    const child = this.#child
    void child.exited.then((exit) => {
      if (this.#stopping || child !== this.#child) return
      this.#reportEnd(`${title(this.#setup)} (pid ${child.pid}) ${describeExit(exit)}`)
    })
  }
}
