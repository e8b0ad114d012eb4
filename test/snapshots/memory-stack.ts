import { join } from 'node:path'
import { stateFolder } from '../../src/core/folders.ts'
import { LaneClient } from '../../src/core/lane-client.ts'
import { LanePool } from '../../src/core/lane-pool.ts'
import type { LaneServerAddress } from '../../src/core/lane-protocol.ts'
import { LaneServer } from '../../src/core/lane-server.ts'
import { silent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'
import { MemoryHost } from '../core/memory-host.ts'

/** A stack without databases, and connections that hold lanes of it. */
export class MemoryStack implements AsyncDisposable {
  readonly host: MemoryHost
  readonly client: LaneClient
  readonly #server: LaneServer
  readonly #pool: LanePool
  readonly #holders: LaneClient[] = []

  private constructor(host: MemoryHost, pool: LanePool, server: LaneServer, client: LaneClient) {
    this.host = host
    this.#pool = pool
    this.#server = server
    this.client = client
  }

  static async open(host = new MemoryHost()): Promise<MemoryStack> {
    const pool = new LanePool({ hosts: [host], limit: 4, leaseTimeout: 5_000, report: silent, env: () => ({}) })
    const run = new Run(join(stateFolder(), 'runs'), 'test')
    const status = async () => ({
      name: '',
      root: '',
      runtime: '',
      mode: 'shared' as const,
      services: [],
      pool: pool.status(),
    })
    const server = await LaneServer.open({ stack: { run, pool, status, logs: async () => '' } })
    return new MemoryStack(host, pool, server, await LaneClient.connect(server.address))
  }

  /** Leases a lane and puts items into it. @returns its name */
  async lease(...items: readonly string[]): Promise<string> {
    const holder = await LaneClient.connect(this.#server.address)
    this.#holders.push(holder)
    const { id } = await holder.request('lease', { holder: { pid: process.pid, what: 'test' } })
    for (const item of items) this.host.lanes.get(id.number)?.add(item)
    return id.name
  }

  /** The connection that holds the lane leased first. */
  get holder(): LaneClient {
    const [first] = this.#holders
    if (!first) throw new Error('no lane is leased')
    return first
  }

  get address(): LaneServerAddress {
    return this.#server.address
  }

  /** Leases a lane, and leaves it as one that a test failed on. @returns its name */
  async keep(...items: readonly string[]): Promise<string> {
    const name = await this.lease(...items)
    const holder = this.#holders.at(-1)
    await holder?.request('keep', { test: 'a test' })
    await holder?.request('release', {})
    return name
  }

  items(lane: string): string[] {
    return [...(this.host.lanes.get(Number(lane.split('-')[1])) ?? [])].sort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of [...this.#holders, this.client]) client.close()
    await this.#server.close()
    await this.#pool.close()
  }
}
