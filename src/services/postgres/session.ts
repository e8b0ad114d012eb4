import type { Instance, LaneId, ResetOptions, ServiceContext, ServiceSession, Template } from '../../core/contracts.ts'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import {
  type Access,
  adminAccess,
  connectPatiently,
  isConnectionLost,
  openPool,
  type Pool,
  sqlState,
} from './client.ts'
import { Databases, whileInUse } from './databases.ts'
import { type LaneAddress, laneDatabase, laneEndpoint } from './lane.ts'
import { LaneConnection } from './lane-connection.ts'
import type { PostgresLane, PostgresOptions } from './options.ts'
import { ensureRoles, laneCredentials } from './role.ts'
import { checkServer } from './server.ts'
import { dropTemplate, ensureTemplate, findTemplate, type PreparedTemplate, type TemplateBuilder } from './template.ts'

/** Databases are made side by side, up to this many: each is mostly copying files. */
const poolSize = 4

export async function openSession(
  instance: Instance,
  options: PostgresOptions,
  context: ServiceContext,
): Promise<ServiceSession<PostgresLane>> {
  const { endpoint } = instance
  const admin = adminAccess(endpoint)
  const client = await connectPatiently(admin, 'postgres', context.signal)
  try {
    const { version, major } = await checkServer(client, instance, options)
    await ensureRoles(client, admin, endpoint.credentials)
    const { username: user, password } = laneCredentials(endpoint.credentials)
    const address = { host: endpoint.host, port: endpoint.ports.postgres ?? 5432, user, password, version }
    return new PostgresSession(instance, options, context, { admin, address, major })
  } finally {
    await client.end().catch(() => {})
  }
}

interface Server {
  readonly admin: Access
  readonly address: LaneAddress
  readonly major: number
}

class PostgresSession implements ServiceSession<PostgresLane> {
  readonly version: string
  readonly #instance: Instance
  readonly #options: PostgresOptions
  readonly #context: ServiceContext
  readonly #server: Server
  readonly #lanes = new Map<string, LaneConnection>()
  readonly #disposed = new AbortController()
  #opening: Promise<TemplateBuilder> | undefined
  #template: PreparedTemplate | undefined
  #wanted: Template | undefined
  #rebuilding: Promise<PreparedTemplate> | undefined

  constructor(instance: Instance, options: PostgresOptions, context: ServiceContext, server: Server) {
    this.version = server.address.version
    this.#instance = instance
    this.#options = options
    this.#context = context
    this.#server = server
  }

  async prepare(template: Template): Promise<void> {
    this.#wanted = template
    const builder = await this.#builder()
    const found = await findTemplate(builder, template.fingerprint)
    if (found) {
      this.#template = found
      return
    }
    this.#context.report({ kind: 'progress', subject: this.#context.name, text: 'migrating and seeding the template' })
    const { built, ...prepared } = await ensureTemplate(builder, template)
    this.#template = prepared
    if (!built || !template.cacheable || !this.#instance.save) return
    // Saving may stop the server.
    await this.#close()
    await this.#instance.save(template.fingerprint)
    await this.#untilReachable()
  }

  async createLane(lane: LaneId): Promise<PostgresLane> {
    const database = laneDatabase(lane)
    const connection = new LaneConnection(this.#server.admin, database)
    await this.#clone(connection)
    this.#lanes.set(lane.name, connection)
    return laneEndpoint(this.#server.address, database)
  }

  async resetLane(lane: LaneId, options: ResetOptions): Promise<void> {
    const connection = this.#lane(lane)
    try {
      const outcome = await connection.reset(options)
      if (outcome === 'ok') return
      await connection.close()
      await (await this.#builder()).databases.discard(connection.database)
      await this.#clone(connection)
    } catch (error) {
      if (error instanceof IsolaneError) throw error
      throw new IsolaneError({
        code: 'ISOLANE_RESET_FAILED',
        message: `The database of ${lane.name} can not be made clean again: ${messageOf(error)}`,
        remedy: 'see what the server logged (`isolane logs postgres`)',
        cause: error,
      })
    }
  }

  async dropLane(lane: LaneId): Promise<void> {
    const connection = this.#lane(lane)
    this.#lanes.delete(lane.name)
    await connection.close()
    await (await this.#builder()).databases.discard(connection.database)
  }

  async idle(): Promise<void> {
    await (await this.#builder()).databases.emptyTrash()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort()
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()))
    this.#lanes.clear()
    await this.#close()
  }

  /** Fills the lane's database name with a fresh clone, and opens our own connection to it. */
  async #clone(connection: LaneConnection): Promise<void> {
    const { databases } = await this.#builder()
    let template = await this.#prepared()
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { strategy, fingerprint, adopt } = template.marker
        const { database } = template
        await whileInUse(() =>
          databases.create(connection.database, database, strategy, { isolane: 'lane', fingerprint }),
        )
        if (!adopt) return connection.warm()
        if ((await connection.reset({ connections: 'keep' })) === 'ok') return
        // A crash of the server has emptied the template's unlogged tables.
        await connection.close()
        template = await this.#rebuild(template)
      } catch (error) {
        if (attempt >= 3) throw laneFailure(connection.database, error)
        // The server cuts everyone off, and recovers by itself, when one of its processes is killed.
        const mayPass = isConnectionLost(error) ? await this.#recovers() : sqlState(error) === '42P04'
        if (!mayPass) throw laneFailure(connection.database, error)
      }
      // A database of this name: left by a session that is gone, or the clone that was not good.
      await databases.discard(connection.database)
    }
  }

  /** Waits until the server answers again; `false` when it does not, or this session is closed first. */
  async #recovers(): Promise<boolean> {
    try {
      await this.#untilReachable()
      return true
    } catch {
      return false
    }
  }

  async #untilReachable(): Promise<void> {
    const signal = AbortSignal.any([this.#context.signal, this.#disposed.signal])
    const client = await connectPatiently(this.#server.admin, 'postgres', signal)
    await client.end()
  }

  async #prepared(): Promise<PreparedTemplate> {
    const template = (await this.#rebuilding) ?? this.#template
    if (template) return template
    throw new IsolaneError({
      code: 'ISOLANE_LANE_FAILED',
      message: `${this.#context.name} has no template yet`,
      remedy: 'call `prepare` before `createLane`',
    })
  }

  /** Many lanes may find at once that the template is damaged; it is built once. */
  #rebuild(damaged: PreparedTemplate): Promise<PreparedTemplate> {
    if (this.#template !== damaged && this.#template) return Promise.resolve(this.#template)
    this.#rebuilding ??= (async () => {
      const { name, report } = this.#context
      const wanted = this.#wanted ?? { fingerprint: damaged.marker.fingerprint, cacheable: false }
      report({ kind: 'warning', subject: name, text: 'the server crashed; building the template again' })
      const builder = await this.#builder()
      await dropTemplate(builder, damaged)
      const { built, ...prepared } = await ensureTemplate(builder, wanted)
      this.#template = prepared
      return prepared
    })().finally(() => {
      this.#rebuilding = undefined
    })
    return this.#rebuilding
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
    this.#opening ??= openPool(this.#server.admin, 'postgres', poolSize).then((pool: Pool) => ({
      pool,
      databases: new Databases(pool, this.#server.admin, this.#server.major),
      admin: this.#server.admin,
      address: this.#server.address,
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
  if (error instanceof IsolaneError) return error
  return new IsolaneError({
    code: 'ISOLANE_LANE_FAILED',
    message: `The database ${database} can not be cloned from the template: ${messageOf(error)}`,
    remedy: 'see what the server logged (`isolane logs postgres`)',
    cause: error,
  })
}
