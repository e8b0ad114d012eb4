import { IsolaneError } from './errors.ts'
import type { Holder } from './lane.ts'
import type { Report } from './report.ts'

interface Waiting<Lane> {
  readonly holder: Holder
  resolve(lane: Lane): void
  reject(error: unknown): void
}

export interface LaneQueueOptions {
  /** Milliseconds until a wait fails. */
  readonly timeout: number
  readonly report: Report
  /** Who holds the lanes, for messages. */
  describe(): string
  /** Why there are not more lanes, when the last attempt to make one failed. */
  failure(): IsolaneError | undefined
}

/** After this long a wait is worth a word. */
const patience = 5_000

/** Workers waiting for a lane, first come, first served. */
export class LaneQueue<Lane> {
  readonly #options: LaneQueueOptions
  readonly #waiting: Waiting<Lane>[] = []

  constructor(options: LaneQueueOptions) {
    this.#options = options
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Who waits longest. */
  get first(): Holder | undefined {
    return this.#waiting[0]?.holder
  }

  /** @throws ISOLANE_LANES_EXHAUSTED after the timeout, ISOLANE_ABORTED when the signal fires. */
  wait(holder: Holder, signal?: AbortSignal): Promise<Lane> {
    const { promise, resolve, reject } = Promise.withResolvers<Lane>()
    const waiting: Waiting<Lane> = { holder, resolve, reject }
    this.#waiting.push(waiting)
    const { timeout, report, failure } = this.#options
    const word = setTimeout(() => {
      report({ kind: 'info', subject: 'lanes', text: `${holder.what} waits for a lane; ${this.#describe()}` })
    }, patience)
    // Out of the queue first: a lane must not be given to someone who has just been refused.
    const refuse = (error: unknown) => {
      this.#leave(waiting)
      reject(error)
    }
    const end = setTimeout(() => refuse(exhausted(timeout, this.#describe(), failure())), timeout)
    const abort = () => refuse(aborted())
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    return promise.finally(() => {
      clearTimeout(word)
      clearTimeout(end)
      signal?.removeEventListener('abort', abort)
    })
  }

  /** Takes whoever waits longest out of the queue. */
  next(): Waiting<Lane> | undefined {
    return this.#waiting.shift()
  }

  rejectAll(error: unknown): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }

  #describe(): string {
    const { describe, failure } = this.#options
    const why = failure()
    return why ? `${describe()}; why there are not more: ${why.reason}` : describe()
  }

  #leave(waiting: Waiting<Lane>): void {
    const index = this.#waiting.indexOf(waiting)
    if (index >= 0) this.#waiting.splice(index, 1)
  }
}

function exhausted(timeout: number, holders: string, cause: IsolaneError | undefined): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANES_EXHAUSTED',
    message: `No lane came free within ${Math.round(timeout / 1000)} s; ${holders}`,
    remedy: cause?.remedy ?? 'raise `lanes` in isolane.config.ts (or ISOLANE_LANES), or use fewer workers',
    cause,
  })
}

function aborted(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ABORTED',
    message: 'Waiting for a lane was ended',
    remedy: 'the worker or the run that asked is gone; nothing needs to be done',
  })
}
