import type { Driver, RecordShape } from 'neo4j-driver'
import { clientNotLoaded } from '../../core/client-missing.ts'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import type {
  NamespaceMigration,
  NamespaceMigrationOptions,
  NamespaceOutcome,
  NamespacePlan,
} from '../migrate/contract.ts'
import { namespaceOf } from './namespace-labels.ts'

export interface Neo4jMigrationOptions {
  /** `bolt://host:port` or another of the driver's schemes. */
  readonly uri: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** The server's default database unless told otherwise. */
  readonly database?: string | undefined
  /** What nodes get. */
  readonly label: string
  /** The labels of all namespaces; a node that has one stays in it. Default: Dev, Test, Staging and Production. */
  readonly namespaces?: readonly string[] | undefined
}

const shown = 10

/**
 * Gives the nodes of a database a namespace's label, or takes it from them. Nodes of another namespace are left alone.
 * Needs Neo4j 5 or later.
 * @throws ISOLANE_OPTION_INVALID, ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE, ISOLANE_SERVER_UNREACHABLE
 */
export async function neo4jMigration(options: Neo4jMigrationOptions): Promise<NamespaceMigration> {
  const { label, others } = namespaceOf(options.label, options.namespaces)
  const { protocol, host } = address(options.uri)
  const target = `Neo4j${options.database ? ` database ${options.database}` : ''} at ${protocol}//${host}`
  const driver = await connect(options, target)
  const nodes = new Nodes(driver, target, options.database, label, [...others])
  return {
    target,
    unit: 'nodes',
    plan: (settings) => nodes.plan(settings),
    run: (settings) => nodes.run(settings),
    [Symbol.asyncDispose]: () => driver.close(),
  }
}

/** The address is not in the message, as there may be a password in it. */
function address(uri: string): URL {
  const url = URL.parse(uri)
  if (url && /^(?:bolt|neo4j)(?:\+s|\+ssc)?:$/.test(url.protocol) && url.host !== '') return url
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: 'The address of Neo4j is not one',
    remedy: 'give it as bolt://host:port or neo4j://host:port',
  })
}

async function connect({ uri, username, password, database }: Neo4jMigrationOptions, target: string): Promise<Driver> {
  const neo4j = await import('neo4j-driver').catch((error: unknown) => {
    throw clientNotLoaded('neo4j-driver', 'Neo4j', error)
  })
  const token = username || password ? neo4j.auth.basic(username || 'neo4j', password ?? '') : undefined
  const driver = neo4j.driver(uri, token, { connectionTimeout: 10_000, disableLosslessIntegers: true })
  try {
    await driver.verifyConnectivity(database ? { database } : {})
    return driver
  } catch (cause) {
    await driver.close()
    throw new IsolaneError({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: `${target} can't be used (${messageOf(cause).split('\n')[0]})`,
      remedy: 'see that the server runs, and that database, user and password are right',
      cause,
    })
  }
}

class Nodes {
  readonly #driver: Driver
  readonly #target: string
  readonly #config: { readonly database?: string }
  readonly #label: string
  readonly #others: readonly string[]

  constructor(driver: Driver, target: string, database: string | undefined, label: string, others: readonly string[]) {
    this.#driver = driver
    this.#target = target
    this.#config = database ? { database } : {}
    this.#label = label
    this.#others = others
  }

  async plan({ undo }: NamespaceMigrationOptions): Promise<NamespacePlan> {
    const counts = await this.#counts(undo)
    const rows = await this.#rows<{ labels: readonly string[]; count: number }>(
      `${this.#toChange(undo)} RETURN labels(n) AS labels, count(*) AS count ORDER BY count DESC, labels LIMIT ${shown}`,
    )
    const change = `${undo ? 'lose' : 'get'} :${this.#label}`
    const examples = rows.map(({ labels, count }) => `${count} of ${named(labels)} ${change}`)
    return { ...counts, examples }
  }

  /** @throws ISOLANE_MIGRATE_FAILED; what was changed until then stays changed */
  async run({ undo, batch, signal, progress }: NamespaceMigrationOptions): Promise<NamespaceOutcome> {
    const { toChange: _, ...counts } = await this.#counts(undo)
    let changed = 0
    try {
      // Nodes come and go meanwhile; a pass that finds nothing to do is the last.
      for (let before = -1; changed !== before; ) {
        before = changed
        for await (const ids of this.#pages(undo, batch)) {
          signal.throwIfAborted()
          changed += await this.#change(undo, ids)
          progress(changed)
        }
      }
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      throw new IsolaneError({
        code: 'ISOLANE_MIGRATE_FAILED',
        message: `${this.#target} stopped answering after ${changed} nodes were changed (${messageOf(cause)})`,
        remedy: 'run it again: what is changed stays, and it goes on with the rest',
        cause,
      })
    }
    return { ...counts, changed }
  }

  /** Read in one session while another changes what was read, so that no batch looks at all nodes from the beginning. */
  async *#pages(undo: boolean, batch: number): AsyncGenerator<readonly string[]> {
    const session = this.#driver.session({ ...this.#config, fetchSize: batch, defaultAccessMode: 'READ' })
    try {
      let ids: string[] = []
      const found = session.run(`${this.#toChange(undo)} RETURN elementId(n) AS id`, { others: this.#others })
      for await (const record of found) {
        if (ids.push(record.get('id') as string) < batch) continue
        yield ids
        ids = []
      }
      if (ids.length > 0) yield ids
    } finally {
      await session.close()
    }
  }

  async #change(undo: boolean, ids: readonly string[]): Promise<number> {
    const { summary } = await this.#driver.executeQuery(
      `UNWIND $ids AS id MATCH (n) WHERE elementId(n) = id ${undo ? 'REMOVE' : 'SET'} n:\`${this.#label}\``,
      { ids },
      this.#config,
    )
    const { labelsAdded, labelsRemoved } = summary.counters.updates() as Record<string, number>
    return (undo ? labelsRemoved : labelsAdded) ?? 0
  }

  #toChange(undo: boolean): string {
    return undo ? `MATCH (n:\`${this.#label}\`)` : `MATCH (n) WHERE NOT n:\`${this.#label}\` AND ${elsewhere('none')}`
  }

  async #counts(undo: boolean): Promise<Omit<NamespacePlan, 'examples'>> {
    const [counts] = await this.#rows<{ inside: number; all: number }>(
      `RETURN COUNT { (n:\`${this.#label}\`) } AS inside, COUNT { (n) } AS all`,
    )
    const { inside = 0, all = 0 } = counts ?? {}
    // One more label collides with nothing.
    const none = { collided: 0, collisions: [] }
    if (undo) return { ...none, toChange: inside, done: all - inside, elsewhere: 0, elsewhereOf: [] }
    const rows = await this.#rows<{ labels: readonly string[]; count: number }>(
      `MATCH (n) WHERE NOT n:\`${this.#label}\` AND ${elsewhere('any')} RETURN labels(n) AS labels, count(*) AS count`,
    )
    const others = rows.reduce((sum, { count }) => sum + count, 0)
    const elsewhereOf = rows.slice(0, shown).map(({ labels, count }) => `${count} of ${named(labels)}`)
    return { ...none, toChange: all - inside - others, done: inside, elsewhere: others, elsewhereOf }
  }

  async #rows<Row extends RecordShape>(query: string): Promise<Row[]> {
    const { records } = await this.#driver.executeQuery(query, { others: this.#others }, this.#config)
    return records.map((record) => record.toObject() as Row)
  }
}

function elsewhere(quantifier: 'any' | 'none'): string {
  return `${quantifier}(label IN labels(n) WHERE label IN $others)`
}

function named(labels: readonly string[]): string {
  return labels.length === 0 ? 'no label' : labels.map((label) => `:${label}`).join('')
}
