import type { Driver, RecordShape } from 'neo4j-driver'
import { IsolaneError } from '../../../core/errors.ts'
import { plainUrl } from '../attach.ts'
import type { Bolt } from '../bolt/client.ts'
import { firstLine, isUnreachable } from '../bolt/errors.ts'
import { serverVersion } from '../bolt/server.ts'
import { user } from '../lane.ts'
import { loadDriver } from '../load-driver.ts'
import { isServerUrl } from '../options.ts'

/** Records that the server sends at once. */
const batch = 1_000

/** A server that is not ours, by `bolt://user:password@host:7687/database`, which is only read. Integers are `bigint`. */
export class ForeignServer implements Pick<Bolt, 'rows' | 'url'>, AsyncDisposable {
  /** Without credentials. */
  readonly url: string
  readonly #driver: Driver
  /** Empty for the one that the server chooses. */
  readonly #database: string

  private constructor(url: string, driver: Driver, database: string) {
    this.url = url
    this.#driver = driver
    this.#database = database
  }

  /** @throws ISOLANE_OPTION_INVALID, ISOLANE_SERVER_UNREACHABLE, ISOLANE_CLIENT_MISSING */
  static async open(url: string): Promise<ForeignServer> {
    if (!isServerUrl(url)) throw noServer()
    const { driver, auth } = await loadDriver()
    const { username, password, pathname } = new URL(url)
    const [name, secret] = [decodeURIComponent(username) || user, decodeURIComponent(password)]
    // Where a server asks for none, any will do.
    const token = auth.basic(name, secret)
    const options = { useBigInt: true, connectionTimeout: 10_000, fetchSize: batch, maxTransactionRetryTime: 0 }
    const plain = plainUrl(url)
    const server = new ForeignServer(plain, driver(plain, token, options), decodeURIComponent(pathname.slice(1)))
    try {
      await server.rows('', 'RETURN 1 AS one')
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw isUnreachable(error) ? unreachable(plain, error) : error
    }
  }

  /** @throws ISOLANE_VERSION_UNSUPPORTED below 5 */
  version(): Promise<string> {
    return serverVersion(this)
  }

  /** Of the URL's database, whatever name is given, but for `system`. */
  async rows<Row extends RecordShape>(database: string, statement: string): Promise<Row[]> {
    const session = this.#driver.session(this.#target(database))
    try {
      const { records } = await session.run<Row>(statement)
      return records.map((record) => record.toObject() as Row)
    } finally {
      await session.close()
    }
  }

  /** The rows of a statement that only reads, as they come. */
  async *stream<Row extends RecordShape>(statement: string): AsyncGenerator<Row> {
    const session = this.#driver.session({ ...this.#target(''), defaultAccessMode: 'READ' })
    try {
      for await (const record of session.run<Row>(statement)) yield record.toObject() as Row
    } finally {
      await session.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver.close()
  }

  #target(database: string): { readonly database?: string } {
    const name = database === 'system' ? database : this.#database
    return name === '' ? {} : { database: name }
  }
}

function noServer(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: 'That is no URL of a Neo4j server',
    remedy: 'write it as bolt://neo4j:password@host:7687, with /database behind it where there are several',
  })
}

function unreachable(url: string, cause: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SERVER_UNREACHABLE',
    message: `Neo4j at ${url} can not be read: ${firstLine(cause)}`,
    remedy: 'see whether it runs, and whether user, password and database in the URL are right',
    cause,
  })
}
