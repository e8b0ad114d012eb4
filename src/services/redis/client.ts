import type { Redis } from 'ioredis'
import type { Endpoint } from '../../core/contracts.ts'
import { type ErrorCode, IsolaneError, messageOf } from '../../core/errors.ts'

export type Argument = string | number | Buffer
export type Command = readonly [string, ...Argument[]]

/** Loaded when the first server is there, so that stacks without Redis need no client. @throws ISOLANE_CLIENT_MISSING */
export async function loadClient(): Promise<typeof Redis> {
  try {
    return (await import('ioredis')).Redis
  } catch (error) {
    throw new IsolaneError({
      code: 'ISOLANE_CLIENT_MISSING',
      message: 'The Redis service needs the package ioredis',
      remedy: 'npm install -D ioredis',
      cause: error,
    })
  }
}

/** Our own connection, as administrator. It never leaves DB 0, so that a reconnect loses no state. */
export class Administrator {
  readonly #redis: Redis
  readonly #address: string
  readonly #waiting = new Set<(reason: Error) => void>()

  private constructor(redis: Redis, address: string) {
    this.#redis = redis
    this.#address = address
  }

  /** @throws ISOLANE_SERVER_UNREACHABLE */
  static async connect({ host, ports, credentials }: Endpoint, database = 0): Promise<Administrator> {
    const client = await loadClient()
    const redis = new client({
      host,
      port: ports.redis ?? 6379,
      username: credentials.username,
      password: credentials.password,
      db: database,
      connectionName: 'isolane',
      lazyConnect: true,
      enableReadyCheck: false,
      connectTimeout: 10_000,
      maxRetriesPerRequest: 3,
      retryStrategy: (times) => (times > 10 ? null : Math.min(times * 20, 200)),
    })
    // Failures reach whoever waits for a command; without a listener they would also end up on the console.
    redis.on('error', () => {})
    const administrator = new Administrator(redis, `${host}:${ports.redis}`)
    try {
      await redis.connect()
      return administrator
    } catch (error) {
      redis.disconnect()
      throw administrator.#unreachable(error)
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
    this.#redis.disconnect()
    for (const reject of this.#waiting) reject(new Error('Connection is closed.'))
  }

  /** ioredis forgets what was on its way when a connection was lost and then closed; whoever waits for it must not. */
  async #answer<Reply>(work: Promise<Reply>): Promise<Reply> {
    const { promise, reject } = Promise.withResolvers<never>()
    this.#waiting.add(reject)
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
    return new IsolaneError({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: `The Redis server at ${this.#address} does not answer (${messageOf(error).split('\n')[0]})`,
      remedy: 'look at its log with `isolane logs`',
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
  if (error instanceof IsolaneError) return error
  return new IsolaneError({ code, message: `${message} (${messageOf(error)})`, remedy, cause: error })
}
