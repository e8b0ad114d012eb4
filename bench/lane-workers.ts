/**
 * Many workers in a few processes. Each leases a lane over a connection of its own, resets it and gives it back, time and
 * again, and sees to it that nobody else holds it meanwhile.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Lane } from '../src/core/lane.ts'
import { LaneClient } from '../src/core/lane-client.ts'
import type { LaneServerAddress } from '../src/core/lane-protocol.ts'

export interface Orders {
  readonly address: LaneServerAddress
  /** An empty folder: a file in it stands for a lane that is held. */
  readonly heldFolder: string
  readonly workers: number
  /** How often each worker leases a lane. Default: until the time is over. */
  readonly turns?: number
  /** How long to go on, in milliseconds. Default: until the turns are over. */
  readonly duration?: number
  readonly resetsPerTurn: number
  /** Milliseconds before each reset, as a test file would take. */
  readonly pause: number
}

/** Times in milliseconds. */
export interface Outcome {
  readonly leases: readonly number[]
  readonly resets: readonly number[]
  readonly failures: readonly string[]
}

/** @param processes which share the workers. */
export async function runWorkers(orders: Orders, processes: number): Promise<Outcome> {
  const share = { ...orders, workers: Math.ceil(orders.workers / processes) }
  const outcomes = await Promise.all(
    Array.from({ length: processes }, async () => {
      const child = fork(import.meta.filename, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      child.send(share)
      const [outcome] = await Promise.race([once(child, 'message'), once(child, 'exit')])
      if (typeof outcome !== 'object' || outcome === null) throw new Error(`a process of workers ended: ${outcome}`)
      return outcome as Outcome
    }),
  )
  return {
    leases: outcomes.flatMap(({ leases }) => leases),
    resets: outcomes.flatMap(({ resets }) => resets),
    failures: outcomes.flatMap(({ failures }) => failures),
  }
}

class Worker {
  readonly leases: number[] = []
  readonly resets: number[] = []
  readonly #orders: Orders
  readonly #number: number

  constructor(orders: Orders, number: number) {
    this.#orders = orders
    this.#number = number
  }

  async work(until: number): Promise<void> {
    const { turns = Number.POSITIVE_INFINITY, pause } = this.#orders
    // All at once they would stay in step for ever.
    await delay(Math.random() * pause)
    for (let turn = 0; turn < turns && performance.now() < until; turn += 1) await this.#turn()
  }

  async #turn(): Promise<void> {
    const begun = performance.now()
    const client = await LaneClient.connect(this.#orders.address)
    try {
      const holder = { pid: process.pid, what: `worker ${this.#number}` }
      const lane = await client.request('lease', { holder, preferred: this.#number })
      this.leases.push(performance.now() - begun)
      await this.#hold(lane, client)
    } finally {
      client.close()
    }
  }

  /** The file can be made by one holder only. */
  async #hold(lane: Lane, client: LaneClient): Promise<void> {
    const file = join(this.#orders.heldFolder, lane.id.name)
    closeSync(openSync(file, 'wx'))
    for (let reset = 0; reset < this.#orders.resetsPerTurn; reset += 1) {
      await delay(this.#orders.pause)
      const begun = performance.now()
      await client.request('reset', {})
      this.resets.push(performance.now() - begun)
    }
    rmSync(file)
  }
}

async function serve(orders: Orders): Promise<Outcome> {
  const until = performance.now() + (orders.duration ?? Number.POSITIVE_INFINITY)
  const workers = Array.from({ length: orders.workers }, (_, index) => new Worker(orders, index + 1))
  const results = await Promise.allSettled(workers.map((worker) => worker.work(until)))
  return {
    leases: workers.flatMap(({ leases }) => leases),
    resets: workers.flatMap(({ resets }) => resets),
    failures: results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : [])),
  }
}

if (process.argv[1] === import.meta.filename) {
  process.once('message', async (orders) => {
    process.send?.(await serve(orders as Orders), () => process.disconnect())
  })
}
