import type { LaneEndpoint, LaneId, ResetOptions } from './contracts.ts'
import {
  closeService,
  describeService,
  type HostParts,
  lostError,
  type OpenService,
  openService,
  type ServiceHost,
  type ServiceStatus,
} from './service-host.ts'

/** An instance for each lane: nothing is shared, not even the server. */
export class ServicePerLane implements ServiceHost {
  readonly name: string
  readonly #parts: HostParts
  readonly #lanes = new Map<number, Promise<OpenService>>()
  readonly #opened = new Set<OpenService>()
  /** The first instance makes the template; the others wait to start from what it kept. */
  #first: Promise<unknown> | undefined
  #closing = false

  constructor(parts: HostParts) {
    this.name = parts.context.name
    this.#parts = { ...parts, context: { ...parts.context, maximumLanes: 1 } }
  }

  async createLane(lane: LaneId): Promise<LaneEndpoint> {
    const opening = this.#openFor()
    this.#lanes.set(lane.number, opening)
    try {
      const open = await opening
      this.#opened.add(open)
      void open.instance.ended.then(async (how) => {
        if (this.#closing || !this.#opened.has(open)) return
        const logs = await open.instance.logs().catch(() => '')
        this.#lanes.set(lane.number, Promise.reject(lostError(this.name, `${how}\n${logs}`)))
        this.#lanes.get(lane.number)?.catch(() => {})
        this.#parts.onLost(how, lane)
      })
      return await open.session.createLane(onlyLane(lane))
    } catch (error) {
      this.#lanes.delete(lane.number)
      throw error
    }
  }

  async resetLane(lane: LaneId, options: ResetOptions): Promise<void> {
    await (await this.#lanes.get(lane.number))?.session.resetLane(onlyLane(lane), options)
  }

  async dropLane(lane: LaneId): Promise<void> {
    const opening = this.#lanes.get(lane.number)
    this.#lanes.delete(lane.number)
    const open = await opening?.catch(() => undefined)
    if (!open) return
    this.#opened.delete(open)
    await closeService(open)
  }

  async idle(): Promise<void> {
    await Promise.all([...this.#opened].map((open) => open.session.idle?.()))
  }

  async status(): Promise<ServiceStatus | undefined> {
    const [first] = this.#opened
    if (!first) return undefined
    return {
      ...(await describeService(this.#parts, first)),
      isolation: 'instance',
      instances: this.#opened.size,
      pids: [...this.#opened].flatMap(({ instance }) => (instance.pid === undefined ? [] : [instance.pid])),
    }
  }

  async logs(): Promise<string> {
    const all = await Promise.all([...this.#opened].map(({ instance }) => instance.logs()))
    return all.join('\n')
  }

  async close(): Promise<void> {
    this.#closing = true
    const open = await Promise.all([...this.#lanes.values()].map((opening) => opening.catch(() => undefined)))
    const all = new Set([...this.#opened, ...open.filter((one) => one !== undefined)])
    await Promise.all([...all].map(closeService))
  }

  async #openFor(): Promise<OpenService> {
    if (this.#first) {
      await this.#first.catch(() => {})
      return openService(this.#parts)
    }
    const first = openService(this.#parts)
    this.#first = first
    return first
  }
}

/** Names follow the pool's number, but inside its own instance every lane is the only one. */
function onlyLane(lane: LaneId): LaneId {
  return { number: 1, name: lane.name }
}
