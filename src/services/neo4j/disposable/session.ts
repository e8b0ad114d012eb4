import type { Instance, LaneId, ServiceContext, ServiceSession, Template } from '../../../core/contracts.ts'
import { type ErrorCode, IsolaneError } from '../../../core/errors.ts'
import type { Bolt } from '../bolt/client.ts'
import { boltDetails } from '../bolt/details.ts'
import { boltFailure } from '../bolt/failure.ts'
import type { Holder } from '../bolt/holder.ts'
import { boltLane } from '../bolt/lane.ts'
import { endTransactions } from '../bolt/transactions.ts'
import { type GraphCopy, readGraph } from '../graph/copy.ts'
import { restore, wipe } from '../graph/restore.ts'
import type { Neo4jLane, Neo4jOptions } from '../options.ts'
import { oneDatabase } from '../snapshots/unsupported.ts'
import { fillTemplate } from '../template.ts'
import { Lease, type LeaseParts } from './lease.ts'
import { removeLeftovers } from './leftovers.ts'

export interface DisposableParts {
  readonly bolt: Bolt
  readonly database: string
  readonly holder: Holder
  readonly version: string
  readonly instance: Instance
  readonly options: Neo4jOptions
  readonly context: ServiceContext
}

/** The one lane of a server that has one database, which its user has marked as disposable. */
export class DisposableSession implements ServiceSession<Neo4jLane> {
  readonly version: string
  readonly snapshots = { unsupported: oneDatabase }
  readonly #parts: DisposableParts
  #lease: Lease | undefined
  #template: { readonly fingerprint: string; readonly copy: GraphCopy } | undefined
  #lane: string | undefined
  #work: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  private constructor(parts: DisposableParts) {
    this.version = parts.version
    this.#parts = parts
  }

  /** Removes what a dead run left. */
  static async open(parts: DisposableParts): Promise<DisposableSession> {
    const { bolt, database, context } = parts
    if (await removeLeftovers(leaseOf(parts))) {
      const text = `removed what a killed run left in the database ${database} on ${bolt.url}`
      context.report({ kind: 'info', subject: context.name, text })
    }
    return new DisposableSession(parts)
  }

  /** @throws ISOLANE_ATTACH_REFUSED while somebody else has the database, or when it holds data that are not ours */
  async prepare({ fingerprint }: Template): Promise<void> {
    if (this.#template?.fingerprint === fingerprint) return
    const { bolt, database, options, context, instance } = this.#parts
    this.#lease ??= await Lease.take(leaseOf(this.#parts))
    context.report({ kind: 'progress', subject: context.name, text: 'migrating and seeding the template' })
    await this.#alone('ISOLANE_TEMPLATE_FAILED', 'The template could not be made', async () => {
      await wipe(bolt, database)
      const lane = boltLane(instance, bolt, database, this.version)
      await fillTemplate((statement) => bolt.once(database, statement), lane, options, context)
      this.#template = { fingerprint, copy: await readGraph(bolt, database) }
    })
  }

  /** @throws ISOLANE_LANES_EXHAUSTED for a second one */
  async createLane({ name }: LaneId): Promise<Neo4jLane> {
    if (this.#lane !== undefined && this.#lane !== name) throw onlyOne(this.#parts.bolt)
    this.#lane = name
    await this.#restore('ISOLANE_LANE_FAILED', `The database of ${name} could not be made`)
    return boltLane(this.#parts.instance, this.#parts.bolt, this.#parts.database, this.version)
  }

  /** Whatever still runs in the lane is ended, whoever asks: it would hold up the reset, or write after it. */
  async resetLane({ name }: LaneId): Promise<void> {
    if (this.#lane !== name) throw noLane(name)
    await this.#restore('ISOLANE_RESET_FAILED', `The database of ${name} can not be made clean again`)
  }

  async dropLane({ name }: LaneId): Promise<void> {
    if (this.#lane !== name) return
    this.#lane = undefined
    const { bolt, database } = this.#parts
    await this.#alone('ISOLANE_LANE_FAILED', `The database of ${name} could not be emptied`, () => wipe(bolt, database))
  }

  async details(): Promise<Record<string, string>> {
    const { instance, bolt, database } = this.#parts
    return boltDetails(instance, bolt, new Map(this.#lane === undefined ? [] : [[database, this.#lane]]))
  }

  /** Leaves the database empty, as it was. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { bolt, database } = this.#parts
    const lease = this.#lease
    if (!lease) return bolt.close()
    try {
      await this.#alone('ISOLANE_LANE_FAILED', 'The disposable database could not be emptied', () =>
        wipe(bolt, database),
      )
    } finally {
      await lease.release().finally(() => bolt.close())
    }
  }

  async #restore(code: ErrorCode, message: string): Promise<void> {
    const { bolt, database } = this.#parts
    const copy = this.#template?.copy
    if (!copy) throw new Error('there is no template yet')
    await this.#alone(code, message, () => restore(bolt, database, copy))
  }

  /** One thing at a time, and only as long as the database is ours. */
  async #alone(code: ErrorCode, message: string, work: () => Promise<void>): Promise<void> {
    const { bolt, database } = this.#parts
    const lease = this.#lease
    if (!lease) throw new Error('the database was not taken')
    const done = this.#work.then(async () => {
      await lease.check()
      await endTransactions(bolt, database)
      await work()
    })
    this.#work = done.catch(() => {})
    try {
      await done
    } catch (error) {
      throw boltFailure(error, bolt, code, message)
    }
  }
}

function leaseOf({ bolt, database, holder }: DisposableParts): LeaseParts {
  return { bolt, database, holder, milliseconds: 60_000 }
}

function onlyOne(bolt: Bolt): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANES_EXHAUSTED',
    message: `The disposable database on ${bolt.url} is one lane, and it is taken`,
    remedy: 'set `lanes: 1` in the config, or leave `url` out: the host program has a lane for every worker',
  })
}

function noLane(name: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_LOST',
    message: `There is no lane ${name} in the disposable database`,
    remedy: 'create it first',
  })
}
