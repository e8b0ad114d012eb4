import type { Instance } from '../../../../src/core/contracts.ts'
import { Bolt, type Parameters } from '../../../../src/services/neo4j/bolt/client.ts'
import type { Neo4jLane } from '../../../../src/services/neo4j/index.ts'

/** Where the Community servers come from. */
export interface Servers {
  start(): Promise<Neo4jLane>
  /** Makes one as it was when it had been started. */
  reset(server: Neo4jLane): Promise<void>
}

interface Inner {
  readonly server: Neo4jLane
  readonly bolt: Bolt
}

/** The one database of each Community server that this is put together from. */
export const innerDatabase = 'isolane'

/**
 * A server with many databases, put together from Community servers: each of its databases is one. What stands in for it
 * is no more than finding the right one, and making and dropping them by command; everything else is real. It is as
 * peculiar as DozerDB: `WAIT` is refused, in Community's own words, and so is making what is there.
 */
export class ManyServers {
  readonly url: string
  /** Whom whoever asks for the server meets first. */
  readonly main: Neo4jLane
  readonly #main: Bolt
  readonly #servers: Servers
  readonly #databases = new Map<string, Inner>()
  /** Of databases that were dropped: they have warmed up. */
  readonly #free: Inner[] = []
  /** Every `CREATE` and `DROP` that came. */
  readonly commands: string[] = []

  private constructor(main: Neo4jLane, bolt: Bolt, servers: Servers) {
    this.url = main.url
    this.main = main
    this.#main = bolt
    this.#servers = servers
  }

  static async open(servers: Servers): Promise<ManyServers> {
    const main = await servers.start()
    return new ManyServers(main, await boltOf(main), servers)
  }

  /** For what expects a {@link Bolt}. */
  get bolt(): Bolt {
    return this as unknown as Bolt
  }

  get names(): string[] {
    return [...this.#databases.keys()].sort()
  }

  /** The Community server that a database is. */
  serverOf(database: string): Neo4jLane {
    const found = this.#databases.get(database)
    if (!found) throw new Error(`there is no database ${database}`)
    return found.server
  }

  async make(database: string): Promise<void> {
    this.#databases.set(database, this.#free.pop() ?? (await this.#start()))
  }

  async rows<Row extends object>(database: string, statement: string, parameters: Parameters = {}): Promise<Row[]> {
    const [, verb, name = ''] = /^(CREATE|DROP) DATABASE `([^`]+)` IF (?:NOT )?EXISTS$/.exec(statement) ?? []
    if (/ DATABASE /.test(statement)) this.commands.push(statement)
    if (verb === 'CREATE') {
      if (!this.#databases.has(name)) await this.make(name)
      return []
    }
    if (verb === 'DROP') {
      await this.#end(name)
      return []
    }
    const found = this.#databases.get(database)
    // The main server itself refuses the longer commands, and tells of databases that are not there.
    if (!found) return this.#main.rows(database, statement, parameters)
    const own = parameters.database === database ? { ...parameters, database: innerDatabase } : parameters
    return found.bolt.rows(innerDatabase, statement, own)
  }

  once = this.rows

  transaction: Bolt['transaction'] = (database, work) => {
    const found = this.#databases.get(database)
    return found ? found.bolt.transaction(innerDatabase, work) : this.#main.transaction(database, work)
  }

  /** A session closes it when it ends; the servers are the fixture's. */
  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { bolt } of [...this.#databases.values(), ...this.#free]) await bolt.close()
    await this.#main.close()
  }

  async #start(): Promise<Inner> {
    const server = await this.#servers.start()
    return { server, bolt: await boltOf(server) }
  }

  async #end(database: string): Promise<void> {
    const found = this.#databases.get(database)
    this.#databases.delete(database)
    if (!found) return
    await this.#servers.reset(found.server)
    this.#free.push(found)
  }
}

function boltOf({ host, port, user, password }: Neo4jLane): Promise<Bolt> {
  const credentials = { username: user, password }
  return Bolt.open({ endpoint: { host, ports: { bolt: port }, credentials } } as unknown as Instance)
}
