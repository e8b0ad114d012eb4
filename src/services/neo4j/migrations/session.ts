import type { Driver, RecordShape } from 'neo4j-driver'
import type { DatabaseState, Effects, MigrationSession, Unfilled } from '../../../core/contracts.ts'
import type { StepFile } from '../../../core/template-steps.ts'
import { runCypherFile } from '../cypher-files.ts'
import { loadDriver } from '../load-driver.ts'
import type { Neo4jLane } from '../options.ts'
import { fillLabels } from './fill.ts'
import { readState } from './state.ts'

/** Gives the rows of one statement in a transaction of its own. Integers stay the driver's own. */
export type Ask = <Row extends RecordShape>(statement: string, parameters?: object) => Promise<Row[]>

/** Seconds that indexes may take to be filled. */
const indexPatience = 300n

/** One lane's database. There are no locks to tell of: Neo4j tells nobody which it holds. */
export class Neo4jMigrations implements MigrationSession {
  readonly #lane: Neo4jLane
  #driver: Promise<Driver> | undefined

  constructor(lane: Neo4jLane) {
    this.#lane = lane
  }

  fill(rows: number, spared: ReadonlySet<string>): Promise<readonly Unfilled[]> {
    return fillLabels(this.#ask, rows, spared)
  }

  state(): Promise<DatabaseState> {
    return readState(this.#ask)
  }

  run(file: StepFile): Promise<Effects> {
    return this.watch(() => runCypherFile(file, (statement) => this.#ask(statement), 'migrations'))
  }

  /** A new index is filled behind everybody's back: that is part of what a migration takes. */
  async watch(work: () => Promise<void>): Promise<Effects> {
    const begun = performance.now()
    await work()
    await this.#ask('CALL db.awaitIndexes($seconds)', { seconds: indexPatience })
    return { milliseconds: performance.now() - begun, locks: [], rewritten: [] }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#driver)?.close()
  }

  #ask: Ask = async <Row extends RecordShape>(statement: string, parameters: object = {}): Promise<Row[]> => {
    this.#driver ??= open(this.#lane)
    const session = (await this.#driver).session({ database: this.#lane.database })
    try {
      const { records } = await session.run<Row>(statement, parameters)
      return records.map((record) => record.toObject() as Row)
    } finally {
      await session.close()
    }
  }
}

/** The lane's store may be replaced by an equal one: connections are tried before they are used. */
async function open({ url, user, password }: Neo4jLane): Promise<Driver> {
  const { driver, auth } = await loadDriver()
  const settings = { connectionLivenessCheckTimeout: 0, connectionTimeout: 10_000 }
  return driver(url, auth.basic(user, password), settings)
}
