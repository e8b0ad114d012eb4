import type { Instance, LaneId, ResetOptions, ServiceContext, ServiceSession, Template } from '../../core/contracts.ts'
import { type ErrorCode, IsolaneError, messageOf } from '../../core/errors.ts'
import { lanePortName } from './container.ts'
import { HostEnvironments } from './environments/session.ts'
import { boltAddress, hostEndpoint } from './host-address.ts'
import { HostClient, HostError, type HostStatus, type ResetHow } from './host-client.ts'
import { hostFailure } from './host-failure.ts'
import { type HostParts, HostTemplate } from './host-template.ts'
import { browserUrl, user } from './lane.ts'
import type { Neo4jLane, Neo4jOptions } from './options.ts'
import { HostSnapshots } from './snapshots/host-snapshots.ts'
import { describeTemplate } from './template.ts'

interface Parts extends HostParts {
  readonly options: Neo4jOptions
}

/** Lanes on the host program: each is a whole Neo4j DBMS, cloned from the template's store. */
export class Neo4jSession implements ServiceSession<Neo4jLane> {
  readonly version: string
  readonly snapshots: HostSnapshots
  readonly environments?: HostEnvironments
  readonly #parts: Parts
  readonly #lanes = new Map<string, Neo4jLane>()
  readonly #template: HostTemplate
  /** Whether the template is what migrations and seed make, not what was saved. */
  #isOfSteps = false
  #renewal: Promise<void> = Promise.resolve()

  private constructor(parts: Parts) {
    this.#parts = parts
    this.version = parts.status.version
    this.#template = new HostTemplate(parts)
    if (parts.context.environments) this.environments = new HostEnvironments(parts)
    this.snapshots = new HostSnapshots(parts, this.#template, this.environments)
  }

  static async open(instance: Instance, options: Neo4jOptions, context: ServiceContext): Promise<Neo4jSession> {
    const host = await HostClient.open(instance)
    try {
      const status = await host.ask('status', {})
      if (options.database?.includes('_')) {
        const text = `Neo4j allows no underscore in database names; "${options.database}" is called "${status.database}"`
        context.report({ kind: 'info', subject: context.name, text })
      }
      return new Neo4jSession({ host, status, instance, options, context })
    } catch (error) {
      host.close()
      throw error
    }
  }

  async prepare(template: Template): Promise<void> {
    const isMade = await this.#make(template)
    if (isMade && template.cacheable) await this.#keep(template)
  }

  /** @returns false when it is there */
  async #make({ fingerprint }: Template): Promise<boolean> {
    this.#isOfSteps = true
    if (this.#template.is(fingerprint)) return false
    const { options, context } = this.#parts
    context.report({ kind: 'progress', subject: context.name, text: 'migrating and seeding the template' })
    try {
      await this.#template.make(fingerprint, { steps: options })
      return true
    } catch (error) {
      throw this.#failure(error, 'ISOLANE_TEMPLATE_FAILED', 'The template could not be made')
    }
  }

  /** Files may have changed since; whoever asks side by side waits for the same template. */
  #renew(): Promise<void> {
    const { options, context } = this.#parts
    this.#renewal = this.#renewal
      .catch(() => {})
      .then(async () => {
        if (this.#isOfSteps) await this.#make(await describeTemplate(options, context))
      })
    return this.#renewal
  }

  async createLane(lane: LaneId): Promise<Neo4jLane> {
    const { host, status, instance, options } = this.#parts
    const portName = lanePortName(lane.number)
    const wanted = options.port === undefined || this.environments ? 0 : options.port + lane.number - 1
    try {
      const where = boltAddress(instance, portName, wanted)
      const { port } = await host.ask('lane.create', { lane: lane.name, ...where })
      const endpoint = hostEndpoint(instance, status, portName, port)
      this.#lanes.set(lane.name, endpoint)
      return endpoint
    } catch (error) {
      if (error instanceof HostError && error.code === 'PORT_TAKEN') throw portTaken(wanted, lane, error)
      throw this.#failure(error, 'ISOLANE_LANE_FAILED', `The Neo4j of ${lane.name} could not be cloned`)
    }
  }

  async resetLane(lane: LaneId, options: ResetOptions): Promise<void> {
    if (!this.environments?.has(lane)) return void (await this.reset(lane, options))
    await this.#renew()
    await this.environments.wipe(lane)
  }

  /** As {@link resetLane}, telling how it was done. */
  async reset(lane: LaneId, { connections }: ResetOptions): Promise<ResetHow> {
    try {
      const { how } = await this.#parts.host.ask('lane.reset', { lane: lane.name, close: connections === 'close' })
      return how
    } catch (error) {
      throw this.#failure(error, 'ISOLANE_RESET_FAILED', `The Neo4j of ${lane.name} can not be made clean again`)
    }
  }

  async dropLane(lane: LaneId): Promise<void> {
    this.#lanes.delete(lane.name)
    try {
      await this.#parts.host.ask('lane.drop', { lane: lane.name })
    } catch (error) {
      throw this.#failure(error, 'ISOLANE_LANE_FAILED', `The Neo4j of ${lane.name} could not be removed`)
    }
  }

  async details(): Promise<Record<string, string>> {
    const all = [...(this.environments?.all() ?? []), ...this.#lanes]
    const lanes = all.map(([name, { database, url }]) => `${database} (${name}) at ${url}`)
    const [[, first] = []] = all
    return {
      databases: lanes.join(', '),
      user,
      ...(first ? { browser: browserUrl(first.url, first.user, first.database) } : {}),
    }
  }

  /** What the host says of itself. */
  status(): Promise<HostStatus> {
    return this.#parts.host.ask('status', {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.host.close()
  }

  async #keep(template: Template): Promise<void> {
    const { instance, context } = this.#parts
    try {
      await instance.save?.(template.fingerprint)
    } catch (error) {
      const text = `the template could not be kept for later runs (${messageOf(error).split('\n')[0]})`
      context.report({ kind: 'warning', subject: context.name, text })
    }
  }

  #failure(error: unknown, code: ErrorCode, message: string): unknown {
    return hostFailure(error, this.#parts.context.name, code, message)
  }
}

function portTaken(port: number, lane: LaneId, cause: Error): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_PORT_TAKEN',
    message: `Port ${port}, which the Neo4j of ${lane.name} would have, is taken`,
    remedy: 'end the program that listens there, or set another `port` for neo4j (lane n has port + n - 1)',
    cause,
  })
}
