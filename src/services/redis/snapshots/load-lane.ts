import type { LaneId, LoadedState, StateReader, StateSummary } from '../../../core/contracts.ts'
import { IsolaneError, isIsolaneError } from '../../../core/errors.ts'
import { fillNumber, tellGone } from './fill-number.ts'
import { LoadedLane } from './loaded-lane.ts'
import type { Place } from './place.ts'

/**
 * Brings saved keys into a number beside the lane. Keys that would have expired since are left out, and that is reported.
 * @throws ISOLANE_SNAPSHOT_REFUSED, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_RESTORE_FAILED, ISOLANE_LANES_EXHAUSTED
 */
export async function loadLane(
  place: Place,
  lane: LaneId,
  files: StateReader,
  saved: StateSummary,
): Promise<LoadedState> {
  const number = place.numberOf(lane)
  const scratch = await place.numbers.takeScratch(lane).catch((error: unknown) => {
    throw noScratch(lane, error)
  })
  try {
    const filled = await fillNumber(place, scratch, files, saved)
    const loaded = await LoadedLane.of(place, { lane, number, scratch, ...filled })
    tellGone(place, lane.name, filled)
    return loaded
  } catch (error) {
    // A server that is gone has nothing to give back.
    await place.numbers.giveScratch(scratch).catch(() => {})
    throw error
  }
}

function noScratch(lane: LaneId, error: unknown): unknown {
  if (!isIsolaneError(error) || error.code !== 'ISOLANE_LANES_EXHAUSTED') return error
  return new IsolaneError({
    code: error.code,
    message: `To load a snapshot into ${lane.name} takes a further DB number, beside the lane's. ${error.message}`,
    remedy: 'grant more with `databases` in redis(), or wait for other runs to end; nothing was changed',
    cause: error,
  })
}
