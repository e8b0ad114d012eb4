import type { Instance, ServiceContext } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { connectPatiently } from './client.ts'
import { diskFull } from './disk-full.ts'
import type { Server } from './server.ts'

/** What goes on in a session, so that nothing is begun after its end. */
export class SessionWork {
  /** Aborted when nothing is to go on: the stack ends, or the session does. */
  readonly signal: AbortSignal
  readonly #instance: Instance
  readonly #server: Server
  readonly #context: ServiceContext
  readonly #over = new AbortController()
  readonly #working = new Set<Promise<unknown>>()

  constructor(instance: Instance, server: Server, context: ServiceContext) {
    this.#instance = instance
    this.#server = server
    this.#context = context
    this.signal = AbortSignal.any([context.signal, this.#over.signal])
  }

  /** @throws ISOLANE_STACK_CLOSED, ISOLANE_DISK_FULL */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#over.signal.aborted) {
      throw new IsolaneError({
        code: 'ISOLANE_STACK_CLOSED',
        message: `The session of ${this.#context.name} has ended`,
        remedy: 'open another',
      })
    }
    const working = work()
    this.#working.add(working)
    try {
      return await working
    } catch (error) {
      throw (await diskFull(error, this.#server, this.#instance)) ?? error
    } finally {
      this.#working.delete(working)
    }
  }

  /** @returns `false` when it was over before */
  end(): boolean {
    if (this.#over.signal.aborted) return false
    this.#over.abort()
    return true
  }

  /** Waits for what goes on. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#working)
  }

  /** Waits until the server answers again; `false` when it does not, or the session ends first. */
  async recovers(): Promise<boolean> {
    try {
      await this.untilReachable()
      return true
    } catch {
      return false
    }
  }

  /** @throws ISOLANE_SERVER_UNREACHABLE */
  async untilReachable(): Promise<void> {
    const client = await connectPatiently(this.#server.admin, this.#server.maintenance, this.signal)
    await client.end()
  }
}
