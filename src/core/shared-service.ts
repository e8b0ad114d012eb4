import type {
  Endpoint,
  EnvironmentSession,
  LaneEndpoint,
  LaneId,
  LaneMark,
  LoadedState,
  ResetOptions,
  SnapshotSupport,
  StateReader,
  StateSummary,
  StateWriter,
} from './contracts.ts'
import { IsolaneError, messageOf } from './errors.ts'
import {
  buryService,
  closeService,
  describeService,
  type EnvironmentHost,
  type HostParts,
  type OpenService,
  openService,
  type ServiceStatus,
  snapshotsOf,
  whyNoSnapshots,
} from './service-host.ts'

/** More restarts than this within so many milliseconds are no accident. */
const maximumRestarts = 3
const restartWindow = 600_000

/** All lanes inside one instance. When the instance ends unasked it is started again, and its lanes are lost. */
export class SharedService implements EnvironmentHost {
  readonly name: string
  readonly kind: string
  readonly isolation = 'shared'
  readonly template: string
  readonly #parts: HostParts
  #open: Promise<OpenService>
  #current: OpenService | undefined
  #restarts: number[] = []
  #closing = false

  private constructor(parts: HostParts) {
    this.name = parts.context.name
    this.kind = parts.definition.service.kind
    this.template = parts.template.fingerprint
    this.#parts = parts
    this.#open = this.#start()
  }

  static async open(parts: HostParts): Promise<SharedService> {
    const host = new SharedService(parts)
    await host.#open
    return host
  }

  async createLane(lane: LaneId): Promise<LaneEndpoint> {
    return (await this.#open).session.createLane(lane)
  }

  async resetLane(lane: LaneId, options: ResetOptions): Promise<void> {
    await (await this.#open).session.resetLane(lane, options)
  }

  async dropLane(lane: LaneId): Promise<void> {
    await (await this.#open).session.dropLane(lane)
  }

  async idle(): Promise<void> {
    await (await this.#open).session.idle?.()
  }

  get noSnapshots(): string | undefined {
    return whyNoSnapshots(this.#parts, this.#current?.session)
  }

  async stateSize(lane: LaneId): Promise<number> {
    return (await this.#snapshots()).size(lane)
  }

  async saveLane(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    return (await this.#snapshots()).save(lane, files)
  }

  async describeLane(lane: LaneId): Promise<StateSummary> {
    return (await this.#snapshots()).describe(lane)
  }

  async loadLane(lane: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState> {
    return (await this.#snapshots()).load(lane, files, saved)
  }

  async markLane(lane: LaneId): Promise<LaneMark> {
    return (await this.#snapshots()).mark(lane)
  }

  async environmentSession(): Promise<EnvironmentSession> {
    const { session } = await this.#open
    if (session.environments) return session.environments
    throw new IsolaneError({
      code: 'ISOLANE_RUNTIME_UNSUPPORTED',
      message: `The ${this.name} server (${session.product ?? this.kind} ${session.version}) can't hold environments`,
      remedy: 'see docs/environments.md for which can; without `environments` the stack has test lanes alone',
    })
  }

  endpoints(): readonly Endpoint[] {
    return this.#current ? [this.#current.instance.endpoint] : []
  }

  async status(): Promise<ServiceStatus | undefined> {
    const current = this.#current
    if (!current) return undefined
    const { pid } = current.instance
    return {
      ...(await describeService(this.#parts, current)),
      isolation: this.isolation,
      instances: 1,
      pids: pid === undefined ? [] : [pid],
    }
  }

  async memory(): Promise<number | undefined> {
    return this.#current?.instance.memory?.()
  }

  async logs(): Promise<string> {
    return (await this.#open).instance.logs()
  }

  async close(): Promise<void> {
    this.#closing = true
    const open = await this.#open.catch(() => undefined)
    if (open) await closeService(open)
  }

  async #snapshots(): Promise<SnapshotSupport> {
    return snapshotsOf(this.#parts, (await this.#open).session)
  }

  async #start(): Promise<OpenService> {
    const open = await openService(this.#parts)
    this.#current = open
    void open.instance.ended.then((how) => this.#restart(open, how))
    return open
  }

  /** Nothing is awaited before everybody knows: until then lanes of the lost server are handed out. */
  #restart(open: OpenService, how: string): void {
    if (this.#closing) return
    const now = performance.now()
    this.#restarts = [...this.#restarts.filter((before) => now - before < restartWindow), now]
    this.#open = this.#restarts.length > maximumRestarts ? buryService(this.name, open, how) : this.#afterLoss(open)
    this.#open.catch((error) => {
      this.#parts.context.report({
        kind: 'warning',
        subject: this.name,
        text: `could not be restarted: ${messageOf(error)}`,
      })
    })
    this.#parts.onLost(how)
  }

  async #afterLoss(open: OpenService): Promise<OpenService> {
    await closeService(open).catch(() => {})
    return this.#start()
  }
}
