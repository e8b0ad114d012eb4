import type { Instance, LaneId, ResetOptions, ServiceContext, ServiceSession, Template } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { failed } from './client.ts'
import { makeLane } from './lane.ts'
import { taken } from './lease-errors.ts'
import { openAttached } from './open-attached.ts'
import { openOwn, type ServerParts } from './open-own.ts'
import type { RedisLane, RedisOptions } from './options.ts'
import { RedisSnapshots } from './snapshots/index.ts'
import { Place } from './snapshots/place.ts'
import { RedisTemplate } from './template.ts'

/** How long granted numbers of a server that is not ours stay leased after the last sign of life, in milliseconds. */
const defaultLease = 60_000

/** A DB number and a user for each lane, all cloned from one template. */
export class RedisSession implements ServiceSession<RedisLane> {
  readonly version: string
  readonly product: string
  readonly snapshots: NonNullable<ServiceSession['snapshots']>
  readonly #instance: Instance
  readonly #parts: ServerParts
  readonly #template: RedisTemplate
  #closing: Promise<void> | undefined

  private constructor(instance: Instance, parts: ServerParts, template: RedisTemplate) {
    this.version = parts.facts.version
    this.product = parts.facts.name
    this.snapshots = parts.place instanceof Place ? new RedisSnapshots(parts.place, template) : parts.place
    this.#instance = instance
    this.#parts = parts
    this.#template = template
  }

  /** @throws ISOLANE_ATTACH_REFUSED, ISOLANE_SERVER_UNREACHABLE, ISOLANE_VERSION_UNSUPPORTED, ISOLANE_START_FAILED */
  static async open(
    instance: Instance,
    options: RedisOptions,
    context: ServiceContext,
    lease = defaultLease,
  ): Promise<RedisSession> {
    context.signal.throwIfAborted()
    const parts = await (instance.owned
      ? openOwn(instance, options, context)
      : openAttached(instance, options, context, lease))
    const { administrator, facts, numbers, seedUsers, alone } = parts
    const template = { instance, options, context, administrator, facts, numbers, users: seedUsers, alone }
    return new RedisSession(instance, parts, new RedisTemplate(template))
  }

  async prepare(template: Template): Promise<void> {
    await this.#template.prepare(template)
  }

  async createLane(lane: LaneId): Promise<RedisLane> {
    const { facts, numbers, users } = this.#parts
    const database = await numbers.take(lane)
    try {
      if (!(await this.#template.clone(database, []))) throw taken(database)
      return makeLane({
        endpoint: this.#instance.endpoint,
        ...(await users.make(lane.name, database)),
        database,
        server: facts.name,
        version: facts.version,
      })
    } catch (error) {
      throw failed('ISOLANE_LANE_FAILED', `${lane.name} could not be made in Redis DB ${database}`, this.#remedy, error)
    }
  }

  async resetLane(lane: LaneId, options: ResetOptions): Promise<void> {
    const { numbers, users, beforeReset } = this.#parts
    const database = numbers.of(lane)
    if (database === undefined) throw noLane(lane)
    const before = [...users.beforeReset(lane.name, database, options), ...beforeReset]
    try {
      if (!(await this.#template.clone(database, before))) throw taken(database)
    } catch (error) {
      const message = `${lane.name} could not be reset in Redis DB ${database}`
      throw failed('ISOLANE_RESET_FAILED', message, this.#remedy, error)
    }
  }

  async dropLane(lane: LaneId): Promise<void> {
    const { numbers, users } = this.#parts
    if (numbers.of(lane) === undefined) return
    // First its user, so that no client of it writes any more.
    await Promise.all([users.remove(lane.name), numbers.give(lane)])
  }

  async details(): Promise<Readonly<Record<string, string>>> {
    const { numbers, users } = this.#parts
    return { databases: numbers.describe(), user: users.describe() }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#parts.close()
    return this.#closing
  }

  get #remedy(): string {
    return this.#instance.owned
      ? 'look at the server with `isolane logs`'
      : 'see what the server says; its user may lack a right'
  }
}

/** Only what this session made is ever emptied. */
function noLane(lane: LaneId): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RESET_FAILED',
    message: `There is no Redis lane ${lane.name} to reset`,
    remedy: 'make it first; it may have been dropped',
  })
}
