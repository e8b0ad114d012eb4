import type { LaneId } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'

/**
 * What each DB number is for. Number 0 stays empty: it is where a client lands that forgets its number, and must hit
 * neither a lane nor the template.
 */
export const databases = { nobodys: 0, notes: 1, template: 2 } as const

const reserved = 3

/** How many numbers a server needs for so many lanes. */
export function databasesFor(lanes: number): number {
  return lanes + reserved
}

/** @throws ISOLANE_LANES_EXHAUSTED rather than ever to give one number to two lanes. */
export function databaseOf(lane: LaneId, available: number): number {
  const number = lane.number - 1 + reserved
  if (number >= available) {
    throw new IsolaneError({
      code: 'ISOLANE_LANES_EXHAUSTED',
      message: `There is no Redis DB number for ${lane.name}: the server was started with ${available}, enough for ${available - reserved} lanes`,
      remedy: 'raise `lanes` in the config (or ISOLANE_LANES) and start the stack again',
    })
  }
  return number
}
