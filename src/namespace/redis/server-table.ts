import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { messageOf } from '../../core/errors.ts'
import { addEntries, type CommandEntry, type CommandTable } from './command-table.ts'
import type { Argument } from './prefix.ts'
import { refused } from './refused.ts'

/** The command table of the server behind one client. Read at the first use of each connection. */
export class ServerTable {
  static readonly #ofClient = new WeakMap<Redis, ServerTable>()
  readonly #client: Redis
  #table: CommandTable | undefined

  static of(client: Redis): ServerTable {
    const known = ServerTable.#ofClient.get(client) ?? new ServerTable(client)
    ServerTable.#ofClient.set(client, known)
    return known
  }

  private constructor(client: Redis) {
    this.#client = client
    // The next connection may be to another server, or the same one upgraded.
    client.on('close', () => {
      this.#table = undefined
    })
  }

  /** What is there already, without asking the server. */
  get loaded(): CommandTable | undefined {
    return this.#table
  }

  /** @throws ISOLANE_QUERY_REFUSED where this user may not read the table */
  async load(): Promise<CommandTable> {
    this.#table ??= addEntries(new Map(), await this.#ask('COMMAND'))
    return this.#table
  }

  /** Of a command that came with a module loaded since. */
  async lookUp(name: string): Promise<CommandEntry | undefined> {
    const table = await this.load()
    addEntries(table, await this.#ask('COMMAND', 'INFO', name))
    return table.get(name)
  }

  /**
   * Where the keys are, by the server's own reading of the whole command. It answers with the keys alone, and the same
   * text may stand elsewhere in the command; so each candidate is asked about with something in its place that is nowhere
   * else.
   * @throws ISOLANE_QUERY_REFUSED
   */
  async keyPositions(name: string, args: readonly Argument[]): Promise<number[]> {
    const keys = new Set((await this.#keys(name, args)).map((key) => key.toString('latin1')))
    const marker = randomUUID()
    const positions: number[] = []
    for (const [position, argument] of args.entries()) {
      if (!keys.has(Buffer.from(argument).toString('latin1'))) continue
      const marked = await this.#keys(name, args.with(position, marker)).catch(() => [])
      if (marked.some((key) => key.toString() === marker)) positions.push(position)
    }
    if (keys.size > 0 && positions.length > 0) return positions
    throw refused(name, 'has keys that the server can not point at')
  }

  async #keys(name: string, args: readonly Argument[]): Promise<Buffer[]> {
    try {
      return (await this.#client.callBuffer('COMMAND', 'GETKEYS', name, ...args)) as Buffer[]
    } catch (error) {
      throw refused(name, `has no keys that the server can name (${messageOf(error)})`, undefined, error)
    }
  }

  async #ask(name: string, ...args: string[]): Promise<unknown> {
    try {
      return await this.#client.call(name, ...args)
    } catch (error) {
      if (!/NOPERM|unknown command/i.test(messageOf(error))) throw error
      const why = `is refused by the server (${messageOf(error)}), and without it nobody knows which arguments are keys`
      throw refused(name, why, 'let this user read the command table (`ACL SETUSER … +command`)', error)
    }
  }
}
