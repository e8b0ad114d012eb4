import type {
  Instance,
  LaneId,
  ResetOptions,
  ServiceContext,
  ServiceSession,
  SnapshotSupport,
  Template,
} from '../../../core/contracts.ts'
import { type ErrorCode, IsolaneError } from '../../../core/errors.ts'
import type { Bolt } from '../bolt/client.ts'
import { boltDetails } from '../bolt/details.ts'
import { boltFailure } from '../bolt/failure.ts'
import type { Holder } from '../bolt/holder.ts'
import { boltLane } from '../bolt/lane.ts'
import { endTransactions } from '../bolt/transactions.ts'
import { type GraphCopy, readGraph } from '../graph/copy.ts'
import { restore } from '../graph/restore.ts'
import type { Neo4jLane, Neo4jOptions } from '../options.ts'
import { DumpSnapshots, type LaneDatabases } from '../snapshots/dump-snapshots.ts'
import { notOurServer } from '../snapshots/unsupported.ts'
import { fillTemplate } from '../template.ts'
import type { Databases } from './databases.ts'
import { Registry } from './registry.ts'

export interface MultiDatabaseParts {
  readonly bolt: Bolt
  readonly databases: Databases
  readonly holder: Holder
  readonly version: string
  readonly instance: Instance
  readonly options: Neo4jOptions
  readonly context: ServiceContext
}

/** One lane's database. Resets go one after the other: several on one database deadlock. */
interface LaneDatabase {
  readonly database: string
  work: Promise<unknown>
}

/** Lanes in a server with many databases: one for each, written from a copy of the template that we keep in memory. */
export class MultiDatabaseSession implements ServiceSession<Neo4jLane> {
  readonly version: string
  readonly snapshots: SnapshotSupport | { readonly unsupported: string }
  readonly #parts: MultiDatabaseParts
  readonly #registry: Registry
  readonly #lanes = new Map<string, LaneDatabase>()
  #template: { readonly fingerprint: string; readonly copy: GraphCopy } | undefined
  #made = 0
  #closing: Promise<void> | undefined

  private constructor(parts: MultiDatabaseParts, registry: Registry) {
    this.version = parts.version
    this.#parts = parts
    this.#registry = registry
    this.snapshots = parts.instance.run
      ? new DumpSnapshots({ ...parts, databases: this.#laneDatabases() })
      : { unsupported: notOurServer }
  }

  /** Drops what dead runs left. */
  static async open(parts: MultiDatabaseParts): Promise<MultiDatabaseSession> {
    const registry = await Registry.open(parts)
    try {
      const swept = await registry.sweep()
      if (swept.length > 0) {
        const text = `removed what a killed run left on ${parts.bolt.url}: ${swept.join(', ')}`
        parts.context.report({ kind: 'info', subject: parts.context.name, text })
      }
      return new MultiDatabaseSession(parts, registry)
    } catch (error) {
      await registry.close().catch(() => {})
      throw error
    }
  }

  async prepare({ fingerprint }: Template): Promise<void> {
    if (this.#template?.fingerprint === fingerprint) return
    const { bolt, options, context, instance } = this.#parts
    context.report({ kind: 'progress', subject: context.name, text: 'migrating and seeding the template' })
    try {
      const database = await this.#newDatabase('template')
      const lane = boltLane(instance, bolt, database, this.version)
      await fillTemplate((statement) => bolt.once(database, statement), lane, options, context)
      this.#template = { fingerprint, copy: await readGraph(bolt, database) }
      await this.#registry.drop(database)
    } catch (error) {
      throw this.#failure(error, 'ISOLANE_TEMPLATE_FAILED', 'The template could not be made')
    }
  }

  async createLane({ name }: LaneId): Promise<Neo4jLane> {
    const { bolt, instance } = this.#parts
    try {
      const database = await this.#newDatabase(name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'))
      await restore(bolt, database, this.#copy())
      this.#lanes.set(name, { database, work: Promise.resolve() })
      return boltLane(instance, bolt, database, this.version)
    } catch (error) {
      throw this.#failure(error, 'ISOLANE_LANE_FAILED', `The database of ${name} could not be made`)
    }
  }

  /** Whatever still runs in the lane is ended in either case: it would hold up the reset, or write after it. */
  async resetLane(lane: LaneId, _options: ResetOptions): Promise<void> {
    try {
      await this.#alone(lane, async (database) => {
        await endTransactions(this.#parts.bolt, database)
        await restore(this.#parts.bolt, database, this.#copy())
      })
    } catch (error) {
      throw this.#failure(error, 'ISOLANE_RESET_FAILED', `The database of ${lane.name} can not be made clean again`)
    }
  }

  async dropLane({ name }: LaneId): Promise<void> {
    const lane = this.#lanes.get(name)
    if (!lane) return
    this.#lanes.delete(name)
    try {
      await lane.work
      await this.#registry.drop(lane.database)
    } catch (error) {
      throw this.#failure(error, 'ISOLANE_LANE_FAILED', `The database of ${name} could not be dropped`)
    }
  }

  async details(): Promise<Record<string, string>> {
    const { bolt, instance } = this.#parts
    return boltDetails(instance, bolt, new Map([...this.#lanes].map(([lane, { database }]) => [database, lane])))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { bolt } = this.#parts
    this.#lanes.clear()
    try {
      await this.#registry.close()
    } finally {
      await bolt.close()
    }
  }

  /** One thing at a time for each lane. @throws ISOLANE_LANE_LOST */
  async #alone<Result>({ name }: LaneId, work: (database: string) => Promise<Result>): Promise<Result> {
    const lane = this.#lanes.get(name)
    if (!lane) throw noLane(name)
    const done = lane.work.then(() => work(lane.database))
    lane.work = done.catch(() => {})
    return done
  }

  #laneDatabases(): LaneDatabases {
    const { databases, context } = this.#parts
    return {
      alone: (lane, work) => this.#alone(lane, work),
      create: (purpose) => this.#newDatabase(purpose),
      drop: (database) => this.#registry.drop(database),
      stop: (database) => databases.stop(database, context.signal),
      start: (database) => databases.start(database, context.signal),
    }
  }

  /** Never a name twice: a server may still be busy with dropping the first of it. */
  async #newDatabase(purpose: string): Promise<string> {
    const { databases, holder, context } = this.#parts
    this.#made += 1
    const database = `isolane-${holder.run}-${purpose.slice(0, 32)}-${this.#made}`
    await this.#registry.add(database)
    await databases.create(database, context.signal)
    return database
  }

  #copy(): GraphCopy {
    if (this.#template) return this.#template.copy
    throw new Error('there is no template yet')
  }

  #failure(error: unknown, code: ErrorCode, message: string): unknown {
    return boltFailure(error, this.#parts.bolt, code, message)
  }
}

function noLane(name: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_LOST',
    message: `There is no lane ${name} on this Neo4j server`,
    remedy: 'create it first',
  })
}
