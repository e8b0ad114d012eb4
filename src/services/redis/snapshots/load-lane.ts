import type { LaneId, LoadedState, StateReader, StateSummary } from '../../../core/contracts.ts'
import { IsolaneError, isIsolaneError } from '../../../core/errors.ts'
import { ReplyError } from '../client.ts'
import { restoreScript, sampleScript } from './load-scripts.ts'
import { LoadedLane } from './loaded-lane.ts'
import type { Place } from './place.ts'
import { pagesOf, rdbOf, recordsOf } from './records.ts'
import { checkReadable, refused } from './versions.ts'

/** The file that holds the keys. */
export const keysFile = 'keys'

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
    const [, sample] = await place.run(sampleScript, scratch)
    checkReadable(saved, place.server, rdbOf(sample as Buffer))
    const filled = await fill(place, scratch, files, saved)
    const loaded = await LoadedLane.of(place, { lane, number, scratch, ...filled })
    tellGone(place, lane, filled.gone)
    return loaded
  } catch (error) {
    // What the server says when it does not know what a value is made of.
    const unknown = error instanceof ReplyError && /Bad data format|payload version/.test(error.message)
    // A server that is gone has nothing to give back.
    await place.numbers.giveScratch(scratch).catch(() => {})
    throw unknown ? refused(saved, place.server, error.message) : error
  }
}

/**
 * How many keys were added, how many of them will expire, and how many would have expired since they were saved. What the server refuses counts only once the whole file was
 * read: it may be damaged.
 */
async function fill(place: Place, scratch: number, files: StateReader, saved: StateSummary) {
  const counts = new Map<string, number>()
  let [added, passing, gone] = [0, 0, 0]
  let failure: unknown
  const restore = async (page: Buffer, keys: number) => {
    const [, more, ofThem] = await place.run(restoreScript, scratch, page)
    added += Number(more)
    gone += keys - Number(more)
    passing += Number(ofThem)
  }
  let restoring: Promise<void> = Promise.resolve()
  for await (const page of pagesOf(files.read(keysFile), () => damaged('it is not a file of keys'))) {
    let keys = 0
    for (const { type } of recordsOf(page)) {
      counts.set(type, (counts.get(type) ?? 0) + 1)
      keys += 1
    }
    await restoring
    if (failure !== undefined) continue
    restoring = restore(page, keys).catch((error: unknown) => {
      failure = error
    })
  }
  await restoring
  if (failure !== undefined) throw failure
  compare(counts, saved)
  return { added, passing, gone }
}

function tellGone(place: Place, lane: LaneId, gone: number): void {
  if (gone === 0) return
  const keys = gone === 1 ? '1 key was' : `${gone} keys were`
  place.info(`${lane.name}: ${keys} left out, as the time to live has passed since they were saved`)
}

function compare(found: ReadonlyMap<string, number>, { counts }: StateSummary): void {
  for (const type of new Set([...found.keys(), ...Object.keys(counts)])) {
    const [here, told] = [found.get(type) ?? 0, counts[type] ?? 0]
    if (here !== told) throw damaged(`it holds ${here} keys of the type ${type}, and should hold ${told}`)
  }
}

function damaged(why: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_DAMAGED',
    message: `The saved keys are damaged: ${why}`,
    remedy: 'use another snapshot, or another copy of this one; nothing was changed',
  })
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
