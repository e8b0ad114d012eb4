import type { LaneEndpoints, RegisteredServices, ResetPolicy } from './config.ts'
import { isIsolaneError } from './errors.ts'
import type { Lane } from './lane.ts'
import { LaneClient } from './lane-client.ts'
import type { LaneServerAddress } from './lane-protocol.ts'

/** What a worker needs to know to lease its lane. Survives `structuredClone`. */
export interface LaneSource {
  readonly address: LaneServerAddress
  readonly reset: ResetPolicy
}

/** The lane that the current worker holds. */
export type WorkerLane = LaneEndpoints<RegisteredServices> & {
  /** `lane-3`. */
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  /** Makes the lane, or one service of it, equal to the template again. */
  reset(service?: string): Promise<void>
}

interface Held {
  readonly client: LaneClient
  readonly lane: Lane
}

/** On `process`, which all module graphs and VM contexts of one worker share. */
const key = Symbol.for('isolane.worker-lane')
const holder = process as unknown as { [key]?: Promise<Held> }

/**
 * Leases this worker's lane and puts its environment into `process.env`. A worker that has one already keeps it, made
 * clean unless `reset` is `never`.
 */
export async function leaseForWorker(source: LaneSource, worker: { number?: number; what: string }): Promise<void> {
  const before = await holder[key]?.catch(() => undefined)
  if (before && (await isKept(before, source.reset))) {
    Object.assign(process.env, before.lane.env)
    return
  }
  const leasing = lease(source, worker)
  holder[key] = leasing
  Object.assign(process.env, (await leasing).lane.env)
}

/** Makes the lane clean again. A lane whose server has ended is given back. */
async function isKept({ client }: Held, reset: ResetPolicy): Promise<boolean> {
  if (reset === 'never') return true
  try {
    await client.request('reset', {})
    return true
  } catch (error) {
    if (!isIsolaneError(error, 'ISOLANE_LANE_LOST')) throw error
    client.close()
    return false
  }
}

async function lease(source: LaneSource, worker: { number?: number; what: string }): Promise<Held> {
  const client = await LaneClient.connect(source.address)
  try {
    const lane = await client.request('lease', {
      holder: { pid: process.pid, what: worker.what },
      ...(worker.number === undefined ? {} : { preferred: worker.number }),
    })
    return { client, lane }
  } catch (error) {
    client.close()
    throw error
  }
}

/** The lane this worker holds, if it holds one. */
export async function workerLane(): Promise<WorkerLane | undefined> {
  const held = await holder[key]
  if (!held) return undefined
  const { lane, client } = held
  return {
    ...lane.endpoints,
    name: lane.id.name,
    env: lane.env,
    reset: async (service?: string) => {
      await client.request('reset', service === undefined ? {} : { service })
    },
  } as WorkerLane
}
