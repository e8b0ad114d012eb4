import type { Credentials, EnvironmentFacts, EnvironmentId, Instance } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { applyPending, type MigrationRecord, recordOf } from '../../../core/pending-migrations.ts'
import { connect } from '../client.ts'
import { ConnectionBudget } from '../connection-budget.ts'
import { foreign } from '../databases.ts'
import { exchangeDatabases } from '../exchange.ts'
import { createExtensions } from '../extensions.ts'
import { laneEndpoint, laneEnvironment } from '../lane.ts'
import { LaneConnection } from '../lane-connection.ts'
import type { Marker } from '../marker.ts'
import type { PostgresLane } from '../options.ts'
import type { SessionWork } from '../session-work.ts'
import { PostgresSnapshots } from '../snapshots/index.ts'
import type { TemplateBuilder } from '../template.ts'
import { fromOptions, type TemplateContent } from '../template-content.ts'
import { environmentEndpoint } from './endpoint.ts'
import { runMigration } from './migrate.ts'
import { environmentName } from './role-names.ts'
import { ensureEnvironmentRoles, type RoleCredentials, type RoleParts, rotateEnvironmentRoles } from './roles.ts'

export interface EnvironmentParts {
  readonly instance: Instance
  readonly work: SessionWork
  /** It sees the server as the environment's owner. */
  readonly builder: TemplateBuilder
  readonly owner: Credentials
}

/** One environment's database in a server that holds environments. */
export class Environment {
  readonly id: EnvironmentId
  readonly snapshots: PostgresSnapshots
  readonly #instance: Instance
  readonly #builder: TemplateBuilder
  readonly #database: string
  #content: TemplateContent = fromOptions
  #credentials: RoleCredentials

  constructor(id: EnvironmentId, { instance, work, builder, owner }: EnvironmentParts) {
    this.id = id
    this.#instance = instance
    this.#builder = builder
    this.#database = environmentName(id)
    this.#credentials = { owner }
    const lane = new LaneConnection(
      builder.server.admin,
      this.#database,
      new ConnectionBudget(Number.POSITIVE_INFINITY),
    )
    this.snapshots = new PostgresSnapshots({
      instance,
      server: builder.server,
      context: builder.context,
      signal: work.signal,
      lane: () => lane,
      builder: async () => builder,
      strategy: async () => 'default',
      marker: async (record) => this.#marker(record ?? (await this.#assumedRecord())),
      finish: (database) => this.#ensureRoles(database).then(() => {}),
      record: () => this.#record(),
      reset: () => this.wipe(),
      recovers: () => work.recovers(),
      prepare: async (_template, content) => {
        this.#content = content
      },
      work: (act) => work.run(act),
    })
  }

  get endpoint(): PostgresLane {
    return environmentEndpoint(this.#builder.server.address, this.#database, this.#credentials)
  }

  /** Makes the database where it is not there yet. */
  async open(): Promise<void> {
    const { databases } = this.#builder
    const marker = await databases.marker(this.#database)
    if (marker === undefined) {
      const fresh = await this.#make()
      await databases.publish(fresh.database, this.#database, this.#marker(fresh.record))
      return
    }
    this.#refuseOthers(marker)
    // We may have been killed while it was exchanged for another.
    await databases.admit(this.#database, true)
    this.#credentials = await this.#ensureRoles(this.#database)
  }

  /** Puts a fresh one into its place. */
  async wipe(): Promise<void> {
    const { databases, server } = this.#builder
    this.#refuseOthers(await databases.marker(this.#database))
    const fresh = await this.#make()
    const goes = server.names.side()
    try {
      await databases.mark(fresh.database, this.#marker(fresh.record))
      await databases.rollBackPrepared(this.#database)
      await exchangeDatabases(databases, this.#database, { comes: fresh.database, goes })
    } finally {
      await databases.discard(fresh.database)
      await databases.discard(goes)
      await databases.emptyTrash()
    }
  }

  async rotate(users: readonly string[] | undefined): Promise<void> {
    this.#credentials = await this.#asAdmin(this.#database, (parts) => rotateEnvironmentRoles(parts, users))
  }

  async facts(): Promise<EnvironmentFacts> {
    const { rows } = await this.#builder.pool.query<{ bytes: string; connections: number }>(
      `SELECT pg_database_size($1::name) AS bytes,
         (SELECT count(*)::int FROM pg_stat_activity
          WHERE datname = $1 AND backend_type = 'client backend' AND application_name <> 'isolane') AS connections`,
      [this.#database],
    )
    return { bytes: Number(rows[0]?.bytes ?? 0), connections: rows[0]?.connections ?? 0 }
  }

  /** Applies what has come since. @throws ISOLANE_ENVIRONMENT_CHANGED, ISOLANE_MIGRATION_FAILED */
  async update(): Promise<void> {
    const { context, options, server } = this.#asOwner()
    await createExtensions(server, this.#database, options.extensions)
    const lane = laneEndpoint(server.address, this.#database)
    await applyPending(options, (await this.#record()) ?? (await this.#assumedRecord()), {
      context,
      environment: this.id.name,
      lane,
      env: laneEnvironment(lane, options),
      extensions: ['.sql'],
      runFile: (file, record) => runMigration(lane, file, this.#marker(record)),
      keep: (record) => this.#builder.databases.mark(this.#database, this.#marker(record)),
    })
    this.#credentials = await this.#ensureRoles(this.#database)
  }

  /** A database under another name, with all that the environment begins with, its roles' rights included. */
  async #make(): Promise<{ readonly database: string; readonly record: MigrationRecord }> {
    const builder = this.#asOwner()
    const { databases, server, context } = builder
    const database = server.names.side()
    const { name, report } = context
    report({ kind: 'progress', subject: name, text: `making ${this.id.name}` })
    try {
      const record = (await this.#content.make(builder, database, '')) ?? (await this.#recordOfOptions())
      await databases.cutOff(database, 3_000)
      const client = await connect(server.admin, database)
      await client.query('ANALYZE').finally(() => client.end())
      this.#credentials = await this.#ensureRoles(database)
      return { database, record }
    } catch (error) {
      await databases.discard(database)
      throw error
    }
  }

  /** With the owner's password as it is now. */
  #asOwner(): TemplateBuilder {
    const { server } = this.#builder
    const { username: user, password } = this.#credentials.owner
    return { ...this.#builder, server: { ...server, address: { ...server.address, user, password } } }
  }

  #ensureRoles(database: string): Promise<RoleCredentials> {
    return this.#asAdmin(database, ensureEnvironmentRoles)
  }

  async #asAdmin<Result>(database: string, act: (parts: RoleParts) => Promise<Result>): Promise<Result> {
    const { server, options } = this.#builder
    const { credentials } = this.#instance.endpoint
    const client = await connect(server.admin, database)
    try {
      const { major } = server
      return await act({ client, environment: this.id, credentials, major, roles: options.roles ?? [] })
    } finally {
      await client.end()
    }
  }

  #marker(record: MigrationRecord): Marker {
    const { name, label } = this.id
    return { isolane: 'environment', fingerprint: '', environment: { name, label, record } }
  }

  async #record(): Promise<MigrationRecord | undefined> {
    const marker = await this.#builder.databases.marker(this.#database)
    return marker === 'foreign' ? undefined : marker?.environment?.record
  }

  #recordOfOptions(): Promise<MigrationRecord> {
    const { context, options } = this.#builder
    return recordOf(options, { context, extensions: ['.sql'] })
  }

  /** Of what was not made by an environment's migrations: it is taken for up to date, or they would all be run on it. */
  async #assumedRecord(): Promise<MigrationRecord> {
    const record = await this.#recordOfOptions()
    if (record.applied.length > 0) {
      const { name, report } = this.#builder.context
      const text = `what was brought into ${this.id.name} does not tell its migrations; all that are there now count as applied`
      report({ kind: 'info', subject: name, text })
    }
    return record
  }

  /** @throws ISOLANE_LANE_FAILED for a database that is not this environment's */
  #refuseOthers(marker: Marker | 'foreign' | undefined): void {
    const { name, label } = this.id
    if (marker === 'foreign') throw foreign(this.#database)
    if (marker?.environment?.name === name && marker.environment.label === label) return
    const [what, remedy] = marker
      ? [
          `is of ${marker.environment?.label ?? 'something else'}, not of ${label}`,
          'call the environment something else',
        ]
      : ['is gone', 'run `isolane down` and `isolane up` again, which makes it anew']
    throw new IsolaneError({ code: 'ISOLANE_LANE_FAILED', message: `The database ${this.#database} ${what}`, remedy })
  }
}
