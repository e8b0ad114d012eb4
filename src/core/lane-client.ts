import { createConnection, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { IsolaneError } from './errors.ts'
import {
  type LaneServerAddress,
  lineReader,
  type RequestName,
  type Requests,
  type ResponseLine,
} from './lane-protocol.ts'

interface Pending {
  resolve(body: unknown): void
  reject(error: unknown): void
}

/** Milliseconds to go on knocking at a server that is too busy to open. */
const patience = 10_000

/**
 * A connection to a lane server. It keeps the process alive only while an answer is awaited, and stays open otherwise:
 * the lane comes back when it closes.
 */
export class LaneClient {
  readonly #socket: Socket
  readonly #pending = new Map<number, Pending>()
  #count = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on(
      'data',
      lineReader((text) => this.#receive(JSON.parse(text) as ResponseLine)),
    )
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(undefined))
    socket.unref()
  }

  /** @throws ISOLANE_LANE_LOST when nothing listens there. */
  static async connect(address: LaneServerAddress): Promise<LaneClient> {
    const client = new LaneClient(await connectPatiently(address.path))
    try {
      await client.request('hello', { token: address.token })
      return client
    } catch (error) {
      client.close()
      throw error
    }
  }

  /** @throws whatever the server answers, as an IsolaneError; ISOLANE_LANE_LOST when the connection ends first. */
  async request<Name extends RequestName>(
    name: Name,
    body: Requests[Name]['request'],
  ): Promise<Requests[Name]['response']> {
    if (this.#socket.destroyed) throw gone()
    this.#count += 1
    const id = this.#count
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(id, { resolve, reject })
    this.#socket.ref()
    this.#socket.write(`${JSON.stringify({ id, name, body })}\n`)
    try {
      return (await promise) as Requests[Name]['response']
    } finally {
      this.#pending.delete(id)
      if (this.#pending.size === 0) this.#socket.unref()
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(line: ResponseLine): void {
    const pending = this.#pending.get(line.id)
    if ('error' in line) pending?.reject(new IsolaneError(line.error))
    else pending?.resolve(line.body)
  }

  #fail(error: Error | undefined): void {
    for (const pending of this.#pending.values()) pending.reject(gone(error))
  }
}

/** A server at which too many knock at once refuses some of them (EAGAIN); it has time for them a moment later. */
async function connectPatiently(path: string): Promise<Socket> {
  const until = performance.now() + patience
  for (;;) {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    const socket = createConnection(path, () => resolve(socket))
    socket.once('error', reject)
    try {
      return await promise
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > until) throw gone(error)
      await delay(10)
    }
  }
}

function gone(cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_LOST',
    message: 'The stack that leases lanes can not be reached',
    remedy: 'it has ended, or was killed; start the run again (`isolane status` shows a long-lived stack)',
    ...(cause ? { cause } : {}),
  })
}
