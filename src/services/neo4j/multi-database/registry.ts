import { IsolaneError } from '../../../core/errors.ts'
import type { Bolt } from '../bolt/client.ts'
import { type Holder, isDead } from '../bolt/holder.ts'
import { endTransactions } from '../bolt/transactions.ts'
import { isEmpty } from '../graph/restore.ts'
import { type Databases, recordsDatabase, unlessNotFound } from './databases.ts'

const home = recordsDatabase

/** Marks that database as ours. */
const constraint = 'isolane_run'

/**
 * What our runs have on one server. A database is written down before it is made and struck out after it is dropped; a
 * run's time stamp is renewed as long as it lives, by the server's clock. Only what stands here is ever dropped.
 */
export class Registry {
  readonly #bolt: Bolt
  readonly #databases: Databases
  readonly #holder: Holder
  readonly #leaseMilliseconds: number
  #heartbeat: NodeJS.Timeout | undefined

  private constructor(bolt: Bolt, databases: Databases, holder: Holder, leaseMilliseconds: number) {
    this.#bolt = bolt
    this.#databases = databases
    this.#holder = holder
    this.#leaseMilliseconds = leaseMilliseconds
  }

  /** @throws ISOLANE_ATTACH_REFUSED when somebody else has a database of that name */
  static async open({ bolt, databases, holder }: RegistryParts, leaseMilliseconds = 60_000): Promise<Registry> {
    await claim(bolt)
    const registry = new Registry(bolt, databases, holder, leaseMilliseconds)
    await registry.#write('MERGE (r:Run {id: $run}) SET r.holder = $holder, r.until = timestamp() + $lease')
    registry.#heartbeat = setInterval(() => void registry.#renew(), leaseMilliseconds / 4)
    registry.#heartbeat.unref()
    return registry
  }

  /** Before it is made. */
  async add(database: string): Promise<void> {
    await this.#write(
      `MERGE (r:Run {id: $run}) ON CREATE SET r.holder = $holder, r.until = timestamp() + $lease
       CREATE (r)-[:MADE]->(:Database {name: $database})`,
      { database },
    )
  }

  /** Drops a database of this run. Nothing happens to one that is not written down. */
  async drop(database: string): Promise<void> {
    await this.#dropOf(this.#holder.run, database)
  }

  /** Drops what dead runs left. Several may do so at once. @returns the names of the databases */
  async sweep(): Promise<readonly string[]> {
    const others = await this.#bolt.rows<{ run: string; holder: string; expired: boolean; names: string[] }>(
      home,
      `MATCH (r:Run) WHERE r.id <> $run OPTIONAL MATCH (r)-[:MADE]->(d:Database)
       RETURN r.id AS run, r.holder AS holder, r.until < timestamp() AS expired, collect(d.name) AS names`,
      { run: this.#holder.run },
    )
    const left = others.filter(({ holder, expired }) => isDead(JSON.parse(holder) as Holder, expired))
    for (const { run, names } of left) {
      for (const name of names) await this.#dropOf(run, name)
      await this.#write('MATCH (r:Run {id: $dead}) WHERE NOT (r)-[:MADE]->() DELETE r', { dead: run })
    }
    return left.flatMap(({ names }) => names)
  }

  /** Drops everything of this run, and forgets it. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat)
    const names = await this.#bolt.rows<{ name: string }>(
      home,
      'MATCH (:Run {id: $run})-[:MADE]->(d:Database) RETURN d.name AS name',
      { run: this.#holder.run },
    )
    for (const { name } of names) await this.drop(name)
    await this.#write('MATCH (r:Run {id: $run}) DETACH DELETE r')
  }

  async #dropOf(run: string, database: string): Promise<void> {
    const found = await this.#bolt.rows(
      home,
      'MATCH (:Run {id: $run})-[:MADE]->(d:Database {name: $database}) RETURN d.name',
      { run, database },
    )
    if (found.length === 0) return
    // A stopped one has none, and would not answer.
    if (!(await this.#databases.isStopped(database))) {
      await endTransactions(this.#bolt, database).catch(unlessNotFound)
    }
    await this.#databases.drop(database).catch(unlessNotFound)
    await this.#write('MATCH (:Run {id: $of})-[:MADE]->(d:Database {name: $database}) DETACH DELETE d', {
      of: run,
      database,
    })
  }

  /** A renewal that fails is tried again by the next; a run that was taken for dead finds its lanes gone. */
  async #renew(): Promise<void> {
    await this.#write('MATCH (r:Run {id: $run}) SET r.until = timestamp() + $lease').catch(() => {})
  }

  async #write(statement: string, parameters: Readonly<Record<string, string>> = {}): Promise<void> {
    const { run } = this.#holder
    const lease = BigInt(this.#leaseMilliseconds)
    const all = { run, holder: JSON.stringify(this.#holder), lease, ...parameters }
    await this.#bolt.transaction(home, (transaction) => transaction.run(statement, all))
  }
}

export interface RegistryParts {
  readonly bolt: Bolt
  readonly databases: Databases
  readonly holder: Holder
}

/** Makes the records' database ours, once, however many runs come at the same time. */
async function claim(bolt: Bolt): Promise<void> {
  if (await isMarked(bolt)) return
  // Whoever was faster has perhaps written in it since.
  if (!(await isEmpty(bolt, home)) && !(await isMarked(bolt))) throw foreign(bolt)
  try {
    await bolt.rows(home, `CREATE CONSTRAINT ${constraint} IF NOT EXISTS FOR (r:Run) REQUIRE r.id IS UNIQUE`)
  } catch (error) {
    if (!(await isMarked(bolt))) throw error
  }
}

async function isMarked(bolt: Bolt): Promise<boolean> {
  const marks = await bolt.rows(home, 'SHOW CONSTRAINTS YIELD name WHERE name = $name RETURN name', {
    name: constraint,
  })
  return marks.length > 0
}

function foreign(bolt: Bolt): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `The database ${home} on ${bolt.url} holds something that Isolane did not make`,
    remedy:
      'Isolane keeps its records in a database of that name: move yours to another name, or attach to another server',
  })
}
