import type {
  Endpoint,
  LaneEndpoint,
  LaneId,
  LaneMark,
  LoadedState,
  ResetOptions,
  ServiceDefinition,
  SnapshotSupport,
  StateReader,
  StateSummary,
  StateWriter,
} from './contracts.ts'
import { messageOf } from './errors.ts'
import type { Limiter } from './limiter.ts'
import {
  buryService,
  closeService,
  describeService,
  type HostParts,
  type OpenService,
  openService,
  type ServiceHost,
  type ServiceStatus,
  snapshotsOf,
  whyNoSnapshots,
} from './service-host.ts'

interface OwnInstance {
  readonly opening: Promise<OpenService>
  open?: OpenService
}

/** An instance for each lane, which ends with it: nothing is shared, not even the server. */
export class ServicePerLane implements ServiceHost {
  readonly name: string
  readonly kind: string
  readonly isolation = 'instance'
  readonly template: string
  readonly #parts: HostParts
  readonly #starts: Limiter
  readonly #closing = new AbortController()
  readonly #instances = new Map<number, OwnInstance>()
  /** The first instance makes the template; where it can be kept, the others wait to start from what it kept. */
  #first: Promise<unknown> | undefined
  #latest: OpenService | undefined

  /** @param starts how many instances may be starting at once, of all services together. */
  constructor(parts: HostParts, starts: Limiter) {
    const { context } = parts
    this.name = context.name
    this.kind = parts.definition.service.kind
    this.template = parts.template.fingerprint
    this.#starts = starts
    const signal = AbortSignal.any([context.signal, this.#closing.signal])
    const definition = withFreePorts(parts)
    this.#parts = { ...parts, definition, context: { ...context, maximumLanes: 1, signal } }
  }

  async createLane(lane: LaneId): Promise<LaneEndpoint> {
    this.#closing.signal.throwIfAborted()
    const instance: OwnInstance = { opening: this.#start() }
    this.#instances.set(lane.number, instance)
    const open = await instance.opening
    instance.open = open
    this.#latest = open
    void open.instance.ended.then((how) => this.#lose(lane, instance, open, how))
    return open.session.createLane(onlyLane(lane))
  }

  async resetLane(lane: LaneId, options: ResetOptions): Promise<void> {
    await (await this.#instances.get(lane.number)?.opening)?.session.resetLane(onlyLane(lane), options)
  }

  /** Whoever takes an instance off the list ends it. */
  async dropLane(lane: LaneId): Promise<void> {
    const instance = this.#instances.get(lane.number)
    this.#instances.delete(lane.number)
    const open = await instance?.opening.catch(() => undefined)
    if (!open) return
    try {
      await closeService(open)
    } catch (error) {
      const text = `the server of ${lane.name} could not be stopped: ${messageOf(error)}`
      this.#parts.context.report({ kind: 'warning', subject: this.name, text })
    }
  }

  async idle(): Promise<void> {
    await Promise.all(this.#open.map(({ session }) => session.idle?.()))
  }

  get noSnapshots(): string | undefined {
    return whyNoSnapshots(this.#parts, this.#latest?.session)
  }

  async stateSize(lane: LaneId): Promise<number> {
    return (await this.#snapshots(lane)).size(onlyLane(lane))
  }

  async saveLane(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    return (await this.#snapshots(lane)).save(onlyLane(lane), files)
  }

  async describeLane(lane: LaneId): Promise<StateSummary> {
    return (await this.#snapshots(lane)).describe(onlyLane(lane))
  }

  async loadLane(lane: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState> {
    return (await this.#snapshots(lane)).load(onlyLane(lane), files, saved)
  }

  async markLane(lane: LaneId): Promise<LaneMark> {
    return (await this.#snapshots(lane)).mark(onlyLane(lane))
  }

  endpoints(): readonly Endpoint[] {
    return this.#open.map(({ instance }) => instance.endpoint)
  }

  async status(): Promise<ServiceStatus | undefined> {
    if (!this.#latest) return undefined
    const open = this.#open
    return {
      ...(await describeService(this.#parts, open[0] ?? this.#latest)),
      isolation: this.isolation,
      instances: open.length,
      pids: open.flatMap(({ instance }) => (instance.pid === undefined ? [] : [instance.pid])),
    }
  }

  async logs(): Promise<string> {
    const all = await Promise.all(this.#open.map(({ instance }) => instance.logs()))
    return all.join('\n')
  }

  /** What is just starting is called off. */
  async close(): Promise<void> {
    this.#closing.abort()
    const instances = [...this.#instances.values()]
    this.#instances.clear()
    const results = await Promise.allSettled(
      instances.map(async ({ opening }) => {
        const open = await opening.catch(() => undefined)
        if (open) await closeService(open)
      }),
    )
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  }

  get #open(): OpenService[] {
    return [...this.#instances.values()].flatMap(({ open }) => open ?? [])
  }

  async #snapshots(lane: LaneId): Promise<SnapshotSupport> {
    return snapshotsOf(this.#parts, (await this.#instances.get(lane.number)?.opening)?.session)
  }

  async #start(): Promise<OpenService> {
    const start = () => this.#starts.run(() => openService(this.#parts))
    if (!this.#parts.template.cacheable) return start()
    if (this.#first) {
      await this.#first.catch(() => {})
      return start()
    }
    const first = start()
    this.#first = first
    return first
  }

  /** Nothing is awaited before everybody knows: until then the lost lane may be handed out. */
  #lose(lane: LaneId, instance: OwnInstance, open: OpenService, how: string): void {
    if (this.#instances.get(lane.number) !== instance) return
    const opening = buryService(this.name, open, how)
    opening.catch(() => {})
    this.#instances.set(lane.number, { opening })
    this.#parts.onLost(how, lane)
  }
}

/** Names follow the pool's number, but inside its own instance every lane is the only one. */
function onlyLane(lane: LaneId): LaneId {
  return { number: 1, name: lane.name }
}

/** A fixed port is for one server; here are many. */
function withFreePorts({ definition, context }: HostParts): ServiceDefinition {
  const { port, ...options } = definition.options
  if (port === undefined) return definition
  const text = `port ${port} is for a single server; with an instance per lane each has a free one`
  context.report({ kind: 'info', subject: context.name, text })
  return { ...definition, options }
}
