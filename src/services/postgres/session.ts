import type { Instance, LaneId, ResetOptions, ServiceContext, ServiceSession, Template } from '../../core/contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../../core/errors.ts'
import { adoptPlain } from './attached/plain-template.ts'
import { openAttachedServer } from './attached/server.ts'
import { isConnectionLost, openPool, sqlState } from './client.ts'
import { ConnectionBudget } from './connection-budget.ts'
import { Databases, whileInUse } from './databases.ts'
import { isDiskFull } from './disk-full.ts'
import { EnvironmentServerSession } from './environments/session.ts'
import { laneEndpoint } from './lane.ts'
import { LaneConnection } from './lane-connection.ts'
import type { PostgresLane, PostgresOptions } from './options.ts'
import { openOwnServer, type Server } from './server.ts'
import { SessionTemplate } from './session-template.ts'
import { SessionWork } from './session-work.ts'
import { PostgresSnapshots } from './snapshots/index.ts'
import type { TemplateBuilder } from './template.ts'
import { fromOptions, type TemplateContent } from './template-content.ts'

const whereItLogs = 'see what the server logged (`isolane logs postgres`, where it is ours)'

export async function openSession(
  instance: Instance,
  options: PostgresOptions,
  context: ServiceContext,
): Promise<ServiceSession<PostgresLane>> {
  const { url } = instance.endpoint
  const server =
    url === undefined
      ? await openOwnServer(instance, options, context)
      : await openAttachedServer(instance, url, options, context)
  if (server.holdsEnvironments) return EnvironmentServerSession.open(instance, options, context, server)
  return new PostgresSession(instance, options, context, server)
}

class PostgresSession implements ServiceSession<PostgresLane> {
  readonly version: string
  readonly snapshots: PostgresSnapshots
  readonly #instance: Instance
  readonly #options: PostgresOptions
  readonly #context: ServiceContext
  readonly #server: Server
  readonly #lanes = new Map<string, LaneConnection>()
  readonly #budget: ConnectionBudget<LaneConnection>
  readonly #work: SessionWork
  readonly #template: SessionTemplate
  #opening: Promise<TemplateBuilder> | undefined

  constructor(instance: Instance, options: PostgresOptions, context: ServiceContext, server: Server) {
    this.version = server.version
    this.#instance = instance
    this.#options = options
    this.#context = context
    this.#server = server
    this.#work = new SessionWork(instance, server, context)
    this.#template = new SessionTemplate(context)
    this.#budget = new ConnectionBudget(server.connections.lanes)
    this.snapshots = new PostgresSnapshots({
      instance,
      server,
      context,
      signal: this.#work.signal,
      lane: (id) => this.#lane(id),
      builder: () => this.#builder(),
      strategy: async () => (await this.#template.current()).marker.strategy,
      marker: async () => ({ isolane: 'lane', fingerprint: (await this.#template.current()).marker.fingerprint }),
      reset: (lane) => this.#reset(lane, { connections: 'keep' }),
      recovers: () => this.#work.recovers(),
      prepare: (template, content) => this.#prepare(template, content),
      work: (work) => this.#work.run(work),
    })
  }

  prepare(template: Template): Promise<void> {
    return this.#work.run(() => this.#prepare(template, fromOptions))
  }

  async #prepare(template: Template, content: TemplateContent): Promise<void> {
    const builder = await this.#builder()
    const { tenancy, names } = this.#server
    await tenancy?.use(names.template(template))
    tenancy?.look(builder.pool, builder.databases)
    // On a server of our own that stays up: of a stack that was killed.
    if (!tenancy) await builder.databases.discardAll(names.sidePrefix)
    const built = await this.#template.prepare(builder, template, content)
    if (!built || !template.cacheable || !this.#instance.save) return
    // Saving may stop the server.
    await this.#close()
    await this.#instance.save(template.fingerprint)
    await this.#work.untilReachable()
  }

  createLane(lane: LaneId): Promise<PostgresLane> {
    return this.#work.run(async () => {
      const database = this.#server.names.lane(lane)
      const connection = new LaneConnection(this.#server.admin, database, this.#budget)
      await this.#clone(connection)
      this.#lanes.set(lane.name, connection)
      return laneEndpoint(this.#server.address, database)
    })
  }

  async resetLane(lane: LaneId, options: ResetOptions): Promise<void> {
    const connection = this.#lane(lane)
    try {
      await this.#work.run(() => this.#reset(connection, options))
    } catch (error) {
      if (isIsolaneError(error)) throw error
      throw new IsolaneError({
        code: 'ISOLANE_RESET_FAILED',
        message: `The database of ${lane.name} can not be made clean again: ${messageOf(error)}`,
        remedy: whereItLogs,
        cause: error,
      })
    }
  }

  /** Once more when the server was away meanwhile. */
  async #reset(connection: LaneConnection, options: ResetOptions): Promise<void> {
    try {
      await this.#resetOrReplace(connection, options)
    } catch (error) {
      if (!isConnectionLost(error) || !(await this.#work.recovers())) throw error
      await connection.close()
      await this.#resetOrReplace(connection, options)
    }
  }

  async #resetOrReplace(connection: LaneConnection, options: ResetOptions): Promise<void> {
    if (this.#server.tracked && (await connection.reset(options)) === 'ok') return
    await connection.close()
    await (await this.#builder()).databases.discard(connection.database)
    await this.#clone(connection)
  }

  async dropLane(lane: LaneId): Promise<void> {
    const connection = this.#lane(lane)
    this.#lanes.delete(lane.name)
    await this.#work.run(async () => {
      await connection.close()
      await (await this.#builder()).databases.discard(connection.database)
    })
  }

  async idle(): Promise<void> {
    await this.#work.run(async () => {
      const { pool, databases } = await this.#builder()
      this.#server.tenancy?.look(pool, databases)
      await databases.emptyTrash()
    })
  }

  async details(): Promise<Readonly<Record<string, string>>> {
    const databases = [...this.#lanes.values()].map(({ database }) => database)
    const shown = databases.slice(0, 4).join(', ')
    const more = databases.length > 4 ? ` and ${databases.length - 4} more` : ''
    return { databases: `${shown || 'none yet'}${more}`, user: this.#server.address.user }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#work.end()) return
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()))
    this.#lanes.clear()
    try {
      await this.#leave()
    } finally {
      await this.#close()
    }
  }

  /** From a server that is not ours everything is taken away; one of our own goes with all that it holds. */
  async #leave(): Promise<void> {
    const { tenancy } = this.#server
    if (!tenancy) return
    await this.#work.settle()
    const { pool, databases } = await this.#builder()
    await tenancy.close(pool, databases)
  }

  /** Fills the lane's database name with a fresh clone, and opens our own connection to it. */
  async #clone(connection: LaneConnection): Promise<void> {
    const builder = await this.#builder()
    const { databases } = builder
    let template = await this.#template.current()
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { strategy, fingerprint, adopt, plain } = template.marker
        const { database } = template
        await whileInUse(() =>
          databases.create(connection.database, database, strategy, { isolane: 'lane', fingerprint }),
        )
        if (plain && (await adoptPlain(this.#server, connection.database, plain))) return
        if (!plain && !adopt) return connection.warm()
        if (adopt && (await connection.reset({ connections: 'keep' })) === 'ok') return
        // A crash of the server has emptied the template's unlogged tables.
        await connection.close()
        template = await this.#template.rebuild(builder, template)
      } catch (error) {
        if (attempt >= 3 || !(await this.#mayPass(error, databases))) throw laneFailure(connection.database, error)
      }
      // A database of this name: left by a session that is gone, or the clone that was not good.
      await databases.discard(connection.database)
    }
  }

  async #mayPass(error: unknown, databases: Databases): Promise<boolean> {
    if (isDiskFull(error)) return databases.makeRoom()
    // The server cuts everyone off, and recovers by itself, when one of its processes is killed.
    return isConnectionLost(error) ? this.#work.recovers() : sqlState(error) === '42P04'
  }

  #lane(lane: LaneId): LaneConnection {
    const connection = this.#lanes.get(lane.name)
    if (connection) return connection
    throw new IsolaneError({
      code: 'ISOLANE_LANE_LOST',
      message: `${this.#context.name} has no lane ${lane.name}`,
      remedy: 'create it first',
    })
  }

  #builder(): Promise<TemplateBuilder> {
    const { admin, maintenance, connections, idleConnections } = this.#server
    this.#opening ??= openPool(admin, maintenance, connections.statements, idleConnections).then((pool) => ({
      pool,
      databases: new Databases(pool, this.#server),
      server: this.#server,
      options: this.#options,
      context: this.#context,
    }))
    return this.#opening
  }

  async #close(): Promise<void> {
    const opening = this.#opening
    this.#opening = undefined
    if (!opening) return
    const { pool, databases } = await opening
    await databases.settle()
    await pool.end()
  }
}

function laneFailure(database: string, error: unknown): unknown {
  if (isIsolaneError(error)) return error
  return new IsolaneError({
    code: 'ISOLANE_LANE_FAILED',
    message: `The database ${database} can not be cloned from the template: ${messageOf(error)}`,
    remedy: whereItLogs,
    cause: error,
  })
}
