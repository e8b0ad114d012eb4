import type {
  EnvironmentFacts,
  EnvironmentId,
  EnvironmentSession,
  LaneId,
  Limit,
  ServiceContext,
} from '../../../core/contracts.ts'
import { type ErrorCode, IsolaneError } from '../../../core/errors.ts'
import { applyPending, type MigrationRecord } from '../../../core/pending-migrations.ts'
import { cypherExtensions, runCypherFile } from '../cypher-files.ts'
import { hostFailure } from '../host-failure.ts'
import type { HostParts } from '../host-template.ts'
import { address, laneEndpoint, laneEnvironment } from '../lane.ts'
import type { Neo4jLane, Neo4jOptions } from '../options.ts'
import { environmentPassword } from '../secrets.ts'
import { environmentDatabase } from './database.ts'
import { cantOpen } from './failures.ts'
import { environmentAddress } from './ports.ts'

interface Parts extends HostParts {
  readonly options: Neo4jOptions
}

interface Open {
  readonly lane: Neo4jLane
  /** How often its password was changed. */
  readonly rotation: number
}

/** Environments on the host program: each is a whole DBMS beside those of the lanes, with a password of its own. */
export class HostEnvironments implements EnvironmentSession<Neo4jLane> {
  readonly #parts: Parts
  readonly #open = new Map<string, Open>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  has({ name }: LaneId): boolean {
    return this.#open.has(name)
  }

  endpoint({ name }: LaneId): Neo4jLane | undefined {
    return this.#open.get(name)?.lane
  }

  all(): readonly (readonly [name: string, lane: Neo4jLane])[] {
    return [...this.#open].map(([name, { lane }]) => [name, lane] as const)
  }

  async open(id: EnvironmentId): Promise<Neo4jLane> {
    const { host, instance } = this.#parts
    const environment = id.name
    const { where } = environmentAddress(instance, id)
    try {
      const { rotation } = await host.ask('environment.look', { environment })
      const lane = this.#lane(id, rotation)
      const { database, password } = lane
      await host.ask('environment.open', { environment, database, password, ...where })
      this.#open.set(environment, { lane, rotation })
      return lane
    } catch (error) {
      throw cantOpen(error, id, this.#parts.context.name)
    }
  }

  /** Runs the migrations that have come since. @throws ISOLANE_ENVIRONMENT_CHANGED, ISOLANE_MIGRATION_FAILED */
  async update(id: EnvironmentId): Promise<Neo4jLane> {
    const lane = this.#open.get(id.name)?.lane ?? (await this.open(id))
    await this.#ask(
      'ISOLANE_MIGRATION_FAILED',
      `The Neo4j of ${id.name} could not be brought up to date`,
      async (host) => {
        const { record } = await host.ask('environment.look', { environment: id.name })
        await this.#catchUp(id, lane, JSON.parse(record) as MigrationRecord)
      },
    )
    return lane
  }

  /** Makes an environment what the template is. */
  async wipe({ name }: LaneId): Promise<void> {
    await this.#ask('ISOLANE_RESET_FAILED', `The Neo4j of ${name} could not be wiped`, (host) =>
      host.ask('environment.wipe', { environment: name }),
    )
  }

  async facts({ name }: EnvironmentId): Promise<EnvironmentFacts> {
    return this.#ask('ISOLANE_SERVER_UNREACHABLE', `Nothing is known of the Neo4j of ${name}`, (host) =>
      host.ask('environment.facts', { environment: name }),
    )
  }

  async limits(): Promise<readonly Limit[]> {
    const { heapUsed, heapLimit } = await this.#parts.host.ask('status', {})
    const remedy = 'use fewer environments or lanes, or give it more memory: it takes a quarter of what the machine has'
    return [{ what: 'memory', used: heapUsed, limit: heapLimit, remedy }]
  }

  /** @throws ISOLANE_OPTION_INVALID where the config says what the password is */
  async rotate(id: EnvironmentId): Promise<Neo4jLane> {
    if (id.password !== undefined) throw givenByConfig(id, this.#parts.context)
    const rotation = (this.#open.get(id.name)?.rotation ?? 0) + 1
    const lane = this.#lane(id, rotation)
    await this.#ask('ISOLANE_LANE_FAILED', `The password of ${id.name} could not be changed`, (host) =>
      host.ask('environment.rotate', { environment: id.name, password: lane.password, rotation }),
    )
    this.#open.set(id.name, { lane, rotation })
    return lane
  }

  #lane(id: EnvironmentId, rotation: number): Neo4jLane {
    const { instance, status } = this.#parts
    const { host, credentials } = instance.endpoint
    const { bolt, http } = environmentAddress(instance, id)
    return laneEndpoint({
      host,
      port: bolt,
      password: id.password ?? environmentPassword(credentials.password, id.name, rotation),
      database: environmentDatabase(id),
      version: status.version,
      http: `http://${address(host, http)}`,
    })
  }

  async #catchUp({ name: environment }: EnvironmentId, lane: Neo4jLane, record: MigrationRecord): Promise<void> {
    const { host, options } = this.#parts
    const keep = async (next: MigrationRecord) => {
      await host.ask('environment.record', { environment, record: JSON.stringify(next) })
    }
    await applyPending(options, record, {
      ...this.#place(),
      environment,
      lane,
      env: laneEnvironment(lane),
      // Each statement is a transaction: of a file that fails half-way, what was done stays, and it is run again.
      runFile: async (file, next) => {
        await runCypherFile(file, (statement) => host.ask('environment.run', { environment, statement }), 'migrations')
        await keep(next)
      },
      keep,
    })
  }

  #place() {
    return { context: this.#parts.context, extensions: cypherExtensions }
  }

  async #ask<Result>(
    code: ErrorCode,
    message: string,
    work: (host: HostParts['host']) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work(this.#parts.host)
    } catch (error) {
      throw hostFailure(error, this.#parts.context.name, code, message)
    }
  }
}

function givenByConfig({ name }: EnvironmentId, { name: service }: ServiceContext): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${service}: the password of ${name} comes from the config, so Isolane makes no other one`,
    remedy: 'change it where the config says that it comes from; then `isolane down` and `isolane up` apply it',
  })
}
