import type {
  EnvironmentId,
  EnvironmentSession,
  Instance,
  LaneId,
  Limit,
  SavedStart,
  ServiceContext,
  ServiceSession,
  SnapshotSupport,
  Template,
} from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { openPool, type Pool } from '../client.ts'
import { Databases, foreign } from '../databases.ts'
import type { PostgresLane, PostgresOptions } from '../options.ts'
import type { Server } from '../server.ts'
import { SessionWork } from '../session-work.ts'
import { Environment } from './environment.ts'
import { environmentName } from './role-names.ts'
import { ensureEnvironmentOwner } from './roles.ts'

/** A server that holds environments, and nothing besides. */
export class EnvironmentServerSession implements ServiceSession<PostgresLane> {
  readonly version: string
  readonly snapshots: SnapshotSupport
  readonly environments: EnvironmentSession<PostgresLane>
  readonly #instance: Instance
  readonly #options: PostgresOptions
  readonly #context: ServiceContext
  readonly #server: Server
  readonly #work: SessionWork
  readonly #pool: Pool
  readonly #databases: Databases
  readonly #opened = new Map<string, Environment>()
  #start: { readonly template: Template; readonly start: SavedStart } | undefined

  static async open(
    instance: Instance,
    options: PostgresOptions,
    context: ServiceContext,
    server: Server,
  ): Promise<EnvironmentServerSession> {
    const { admin, maintenance, connections, idleConnections } = server
    const pool = await openPool(admin, maintenance, connections.statements, idleConnections)
    return new EnvironmentServerSession(instance, options, context, server, pool)
  }

  private constructor(
    instance: Instance,
    options: PostgresOptions,
    context: ServiceContext,
    server: Server,
    pool: Pool,
  ) {
    this.version = server.version
    this.#instance = instance
    this.#options = options
    this.#context = context
    this.#server = server
    this.#work = new SessionWork(instance, server, context)
    this.#pool = pool
    this.#databases = new Databases(pool, server)
    this.environments = {
      open: (id) => this.#work.run(() => this.#open(id)),
      update: (id) => this.#work.run(() => this.#update(id)),
      facts: (id) => this.#work.run(() => this.#of(id).facts()),
      limits: () => this.#work.run(() => this.#limits()),
      rotate: (id, roles) => this.#work.run(() => this.#rotate(id, roles)),
    }
    this.snapshots = {
      size: (id) => this.#of(id).snapshots.size(id),
      save: (id, files) => this.#of(id).snapshots.save(id, files),
      describe: (id) => this.#of(id).snapshots.describe(id),
      load: (id, files, saved) => this.#of(id).snapshots.load(id, files, saved),
      mark: (id) => this.#of(id).snapshots.mark(id),
      prepareFrom: async (template, start) => {
        this.#start = { template, start }
        await this.prepare()
      },
    }
  }

  /** Nothing is made before an environment asks for it: those that are there need no template. */
  async prepare(): Promise<void> {
    await this.#work.run(async () => {
      // Of a session that was killed.
      await this.#databases.discardAll(this.#server.names.sidePrefix)
      await this.#databases.emptyTrash()
    })
  }

  async createLane({ name }: LaneId): Promise<PostgresLane> {
    throw new IsolaneError({
      code: 'ISOLANE_LANE_FAILED',
      message: `${this.#context.name} can't make ${name} in a server that holds environments`,
      remedy: 'test lanes have a server of their own',
    })
  }

  async resetLane(lane: LaneId): Promise<void> {
    await this.#work.run(() => this.#of(lane).wipe())
  }

  /** The session forgets it; its data stay. */
  async dropLane({ name }: LaneId): Promise<void> {
    this.#opened.delete(name)
  }

  async details(): Promise<Readonly<Record<string, string>>> {
    return { databases: [...this.#opened.values()].map(({ endpoint }) => endpoint.database).join(', ') || 'none yet' }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#work.end()) return
    await this.#work.settle()
    await this.#databases.settle()
    await this.#pool.end()
  }

  async #open(id: EnvironmentId): Promise<PostgresLane> {
    const environment = new Environment(id, {
      instance: this.#instance,
      work: this.#work,
      ...(await this.#asOwner(id)),
    })
    if (this.#start) await environment.snapshots.prepareFrom(this.#start.template, this.#start.start)
    await environment.open()
    this.#opened.set(id.name, environment)
    return environment.endpoint
  }

  async #update(id: EnvironmentId): Promise<PostgresLane> {
    const environment = this.#of(id)
    await environment.update()
    return environment.endpoint
  }

  async #asOwner(id: EnvironmentId) {
    const name = environmentName(id)
    if ((await this.#databases.marker(name)) === 'foreign') throw foreign(name)
    const client = await this.#pool.connect()
    try {
      const { credentials } = this.#instance.endpoint
      const owner = await ensureEnvironmentOwner({
        client,
        environment: id,
        credentials,
        roles: this.#options.roles ?? [],
      })
      const server: Server = {
        ...this.#server,
        address: { ...this.#server.address, user: owner.username, password: owner.password },
      }
      const databases = new Databases(this.#pool, server)
      return { owner, builder: { pool: this.#pool, databases, server, options: this.#options, context: this.#context } }
    } finally {
      client.release()
    }
  }

  async #rotate(id: EnvironmentId, roles: readonly string[] | undefined): Promise<PostgresLane> {
    const environment = this.#of(id)
    await environment.rotate(roles)
    return environment.endpoint
  }

  async #limits(): Promise<readonly Limit[]> {
    const { rows } = await this.#pool.query<{ used: number; limit: number }>(
      `SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
         current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS limit`,
    )
    const { used = 0, limit = 0 } = rows[0] ?? {}
    const remedy = 'close connections that nobody uses, give programs smaller pools, or put a pooler before the server'
    return [{ what: 'connections', used, limit, remedy }]
  }

  #of({ name }: LaneId): Environment {
    const environment = this.#opened.get(name)
    if (environment) return environment
    throw new IsolaneError({
      code: 'ISOLANE_LANE_LOST',
      message: `${this.#context.name} has no environment ${name}`,
      remedy: 'open it first',
    })
  }
}
