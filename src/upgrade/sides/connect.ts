import { isIsolaneError } from '../../core/errors.ts'
import { LaneClient } from '../../core/lane-client.ts'
import type { ReadyRecord } from '../../core/up-record.ts'
import { requireSide, sideLost } from './find.ts'
import type { SideName, Sides } from './record.ts'

/** A connection to a side whose data are there. */
export interface ConnectedSide extends Disposable {
  readonly up: ReadyRecord
  readonly client: LaneClient
}

/** Why the side's lane is kept, as `isolane status` shows it. */
export function reasonOf(name: SideName): string {
  return `data of ${name}`
}

/** @throws ISOLANE_STACK_NOT_UP when it is gone, does not answer, or has lost its data */
export async function connectSide(sides: Sides, name: SideName): Promise<ConnectedSide> {
  const up = requireSide(sides, name)
  const client = await LaneClient.connect(up.address).catch((error) => {
    throw isIsolaneError(error, 'ISOLANE_LANE_LOST') ? sideLost(sides, name, 'does not answer', error) : error
  })
  try {
    const { lanes } = (await client.request('status', {})).pool
    const lane = lanes.find((each) => each.name === sides[name].lane)
    // One of that name that is made after its server was lost is some test's.
    if (lane?.kept && lane.failedTest === reasonOf(name)) return { up, client, [Symbol.dispose]: () => client.close() }
    throw sideLost(sides, name, 'has lost its data: one of its servers ended, or its lane was let go')
  } catch (error) {
    client.close()
    throw error
  }
}
