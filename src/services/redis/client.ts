import type { Redis } from 'ioredis'
import type { Endpoint } from '../../core/contracts.ts'
import { type ErrorCode, IsolaneError, isIsolaneError, messageOf } from '../../core/errors.ts'
import { urlFor } from './attach.ts'
import { loadClient } from './load-client.ts'

export type Argument = string | number | Buffer
export type Command = readonly [string, ...Argument[]]

/** Our own connection, as administrator. It never leaves its DB, so that a reconnect loses no state. */
export class Administrator {
  readonly #redis: Redis
  readonly #address: string
  readonly #remedy: string
  readonly #waiting = new Set<(reason: Error) => void>()
  #closed = false

  private constructor(redis: Redis, address: string, remedy: string) {
    this.#redis = redis
    this.#address = address
    this.#remedy = remedy
  }

  /** @throws ISOLANE_SERVER_UNREACHABLE */
  static async connect({ host, ports, credentials, url }: Endpoint, database = 0): Promise<Administrator> {
    const client = await loadClient()
    const options = {
      connectionName: 'isolane',
      lazyConnect: true,
      enableReadyCheck: false,
      connectTimeout: 10_000,
      maxRetriesPerRequest: 3,
    }
    const redis =
      url === undefined
        ? new client({
            ...options,
            ...{ host, port: ports.redis ?? 6379, ...credentials, db: database },
            retryStrategy: (times) => (times > 10 ? null : Math.min(times * 20, 200)),
          })
        : // Others may restart it, and take their time.
          new client(urlFor(url, { database }), { ...options, retryStrategy: (times) => Math.min(times * 50, 1000) })
    // Failures reach whoever waits for a command; without a listener they would also end up on the console. Whoever
    // waits for the connection only hears that there is none: this tells why.
    let reason: unknown
    redis.on('error', (error) => {
      reason ??= error
    })
    const remedy =
      url === undefined
        ? 'look at its log with `isolane logs`'
        : 'see whether it runs, and whether address, user and password in its URL are right'
    const administrator = new Administrator(redis, `${host}:${ports.redis}`, remedy)
    try {
      await redis.connect()
      return administrator
    } catch (error) {
      redis.disconnect()
      throw administrator.#unreachable(reason ?? error)
    }
  }

  async send(...[name, ...rest]: Command): Promise<unknown> {
    return this.#answer(this.#redis.call(name, ...rest)).catch((error: unknown) => this.#refuse(error))
  }

  /** As {@link send}, with every text of the reply as bytes. */
  async sendForBytes(...[name, ...rest]: Command): Promise<unknown> {
    return this.#answer(this.#redis.callBuffer(name, ...rest)).catch((error: unknown) => this.#refuse(error))
  }

  /** Sends all commands in one go, one round trip. An error among the replies is thrown once all are there. */
  async sendAll(commands: readonly Command[]): Promise<unknown[]> {
    const replies = await this.tryAll(commands)
    const failed = replies.find((reply) => reply instanceof Error)
    if (failed) throw failed
    return replies
  }

  /** As {@link sendAll}, with errors in the place of replies. */
  async tryAll(commands: readonly Command[]): Promise<unknown[]> {
    const pipeline = this.#redis.pipeline()
    for (const [name, ...rest] of commands) pipeline.call(name, ...rest)
    const replies = await this.#answer(pipeline.exec()).catch((error: unknown) => this.#refuse(error))
    return (replies ?? []).map(([error, reply]) => (error ? this.#translate(error) : reply))
  }

  close(): void {
    this.#closed = true
    this.#redis.disconnect()
    for (const reject of this.#waiting) reject(new Error('Connection is closed.'))
  }

  /**
   * ioredis forgets what was on its way when a connection was lost and then closed, and what is sent after that; whoever
   * waits for it must not.
   */
  async #answer<Reply>(work: Promise<Reply>): Promise<Reply> {
    const { promise, reject } = Promise.withResolvers<never>()
    this.#waiting.add(reject)
    if (this.#closed) reject(new Error('Connection is closed.'))
    try {
      return await Promise.race([work, promise])
    } finally {
      this.#waiting.delete(reject)
    }
  }

  #refuse(error: unknown): never {
    throw this.#translate(error)
  }

  /** ioredis hangs the whole command on its errors, with passwords in it: only the text is kept. */
  #translate(error: unknown): Error {
    if (error instanceof Error && error.name === 'ReplyError') return new ReplyError(error.message)
    return this.#unreachable(error)
  }

  #unreachable(error: unknown): IsolaneError {
    const text = messageOf(error).split('\n')[0] ?? ''
    const what = /^(WRONGPASS|NOAUTH|NOPERM|ERR)\b/.test(text) ? 'does not let us in' : 'does not answer'
    return new IsolaneError({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: `The Redis server at ${this.#address} ${what} (${text})`,
      remedy: this.#remedy,
      cause: new Error(messageOf(error)),
    })
  }
}

/** What the server said. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError'
}

/** Names what could not be done; errors that already say so pass through. */
export function failed(code: ErrorCode, message: string, remedy: string, error: unknown): IsolaneError {
  if (isIsolaneError(error)) return error
  return new IsolaneError({ code, message: `${message} (${messageOf(error)})`, remedy, cause: error })
}
