import type { LaneId, LaneMark } from '../../../core/contracts.ts'
import { restoreScript } from './load-scripts.ts'
import type { Place } from './place.ts'
import { readLane } from './read-lane.ts'
import { Tally } from './tally.ts'

/** A lane's keys in our own memory, as large as their dumps: quick, and whoever empties the server does not reach them. */
export async function markLane(place: Place, lane: LaneId): Promise<LaneMark> {
  let pages = await readLane(place, lane, 'mark', async (found) => Array.fromAsync(new Tally().pass(found)))
  return {
    async restore() {
      const number = place.numberOf(lane)
      // Each waits for none: they reach the server in their order, on one connection.
      await Promise.all(pages.map((page, index) => place.run(restoreScript, number, page, index === 0 ? 'empty' : '')))
    },
    async [Symbol.asyncDispose]() {
      pages = []
    },
  }
}
