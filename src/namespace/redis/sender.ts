import type { Redis } from 'ioredis'
import type { Argument, Prefix } from './prefix.ts'
import { refused } from './refused.ts'
import type { ReplyChange } from './replies.ts'
import { type Rewritten, rewrite, rewriteUntold } from './rewrite.ts'
import { ServerTable } from './server-table.ts'
import { allSubscriptions } from './subscriptions.ts'

/** What is used of ioredis' `Command`. */
export interface SentCommand {
  name: string
  args: Argument[]
  readonly promise: Promise<unknown>
  readonly inTransaction?: boolean
  reject: (error: Error) => void
  transformReply: (reply: unknown) => unknown
}

interface Waiting {
  readonly command: SentCommand
  readonly pipeline: object | undefined
}

/**
 * Sends commands by a client, each rewritten for its namespace, in the order in which they came: one for which the server
 * has to be asked first holds up those behind it. This is where everything passes that ioredis sends: methods, `call`,
 * pipelines, transactions and scripts.
 */
export class Sender {
  readonly #client: Redis
  readonly #prefix: Prefix
  readonly #server: ServerTable
  readonly #waiting: Waiting[] = []
  /** How the replies of a transaction outside of a pipeline have to be changed when `EXEC` brings them. */
  #queued: ReplyChange[] | undefined

  constructor(client: Redis, prefix: Prefix) {
    this.#client = client
    this.#prefix = prefix
    this.#server = ServerTable.of(client)
    client.on('close', () => {
      this.#queued = undefined
    })
  }

  send(command: SentCommand, pipeline?: object): unknown {
    if (this.#waiting.length > 0) return this.#wait({ command, pipeline })
    try {
      const rewritten = this.#rewrite(command)
      if (!(rewritten instanceof Promise)) return this.#deliver({ command, pipeline }, rewritten)
      const answer = this.#wait({ command, pipeline })
      void this.#sendWaiting(rewritten)
      return answer
    } catch (error) {
      return this.#refuse({ command, pipeline }, error as Error)
    }
  }

  #wait(waiting: Waiting): unknown {
    this.#waiting.push(waiting)
    return waiting.command.promise
  }

  async #sendWaiting(first: Promise<Rewritten>): Promise<void> {
    let rewritten: Promise<Rewritten> | undefined = first
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      try {
        this.#deliver(next, await (rewritten ?? this.#rewrite(next.command)))
      } catch (error) {
        this.#refuse(next, error as Error)
      }
      rewritten = undefined
      this.#waiting.shift()
    }
  }

  #rewrite(command: SentCommand): Rewritten | Promise<Rewritten> {
    const table = this.#server.loaded
    const name = command.name.toLowerCase()
    const own = allSubscriptions(this.#client, name, command.args, this.#prefix)
    const untold = own ? { args: own } : rewriteUntold(name, command.args, this.#prefix)
    // Once it is open, a transaction leaves no way to ask for the table.
    if (untold && (table || name !== 'multi')) return untold
    const ask = (): ServerTable => {
      if (this.#queued) throw withinTransaction(name)
      return this.#server
    }
    if (!table) {
      return ask()
        .load()
        .then(() => this.#rewrite(command))
    }
    return rewrite(name, command.args, this.#prefix, table, {
      keyPositions: (asked, args) => ask().keyPositions(asked, args),
      lookUp: (asked) => ask().lookUp(asked),
    })
  }

  #deliver({ command, pipeline }: Waiting, { name, args, reply }: Rewritten): unknown {
    if (name) command.name = name
    command.args = [...args]
    const queue = this.#inTransaction(command, pipeline)
    const change = queue ? ifQueued(queue, reply) : reply
    if (change) changeReply(command, change)
    return this.#send(command, pipeline)
  }

  /** Follows `MULTI … EXEC` outside of pipelines, and says what to do with a reply in there. */
  #inTransaction(command: SentCommand, pipeline: object | undefined): ReplyChange[] | undefined {
    const name = command.name.toLowerCase()
    const queued = this.#queued
    if (pipeline || !['multi', 'exec', 'discard'].includes(name)) return command.inTransaction ? undefined : queued
    this.#queued = name === 'multi' ? (queued ?? []) : undefined
    if (name === 'exec' && queued) changeReply(command, (reply) => eachChanged(reply, queued))
    return undefined
  }

  /**
   * Within a pipeline or a transaction, something goes out in its place that the server refuses too: the replies stay in
   * step, and what else stands in the transaction is not executed.
   */
  #refuse({ command, pipeline }: Waiting, error: Error): unknown {
    if (!pipeline && !this.#queued) {
      command.reject(error)
      return command.promise
    }
    const { reject } = command
    command.reject = () => reject.call(command, error)
    command.name = 'isolane.refused'
    command.args = []
    return this.#send(command, pipeline)
  }

  #send(command: SentCommand, pipeline: object | undefined): unknown {
    type Send = (command: SentCommand, pipeline?: object) => unknown
    return (this.#client.sendCommand as unknown as Send).call(this.#client, command, pipeline)
  }
}

function changeReply(command: SentCommand, change: ReplyChange): void {
  const { transformReply } = command
  command.transformReply = (reply) => transformReply.call(command, change(reply))
}

/** The reply proper comes with `EXEC`; what is not queued has its reply at once. */
function ifQueued(queued: ReplyChange[], change: ReplyChange = (reply) => reply): ReplyChange {
  return (reply) => {
    if (String(reply) !== 'QUEUED') return change(reply)
    queued.push(change)
    return reply
  }
}

function eachChanged(replies: unknown, changes: readonly ReplyChange[]): unknown {
  return Array.isArray(replies) ? replies.map((reply, at) => changes[at]?.(reply) ?? reply) : replies
}

function withinTransaction(name: string): Error {
  const why = 'needs a question to the server, which an open MULTI does not allow'
  return refused(name, why, 'use `multi()` as a pipeline, without `{ pipeline: false }`')
}
