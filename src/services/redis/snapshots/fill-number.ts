import type { StateReader, StateSummary } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { ReplyError } from '../client.ts'
import { restoreScript, sampleScript } from './load-scripts.ts'
import type { Place } from './place.ts'
import { pagesOf, rdbOf, recordsOf } from './records.ts'
import { checkReadable, refused } from './versions.ts'

/** The file that holds the keys. */
export const keysFile = 'keys'

export interface Filled {
  /** Keys that were added. */
  readonly added: number
  /** How many of these expire. */
  readonly passing: number
  /** Keys that would have expired since they were saved, and were left out. */
  readonly gone: number
}

/**
 * Adds what was saved to an empty number, and checks that it is as much as was saved.
 * @throws ISOLANE_SNAPSHOT_REFUSED, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_LANE_LOST
 */
export async function fillNumber(
  place: Place,
  number: number,
  files: StateReader,
  saved: StateSummary,
): Promise<Filled> {
  try {
    const [, sample] = await place.run(sampleScript, number)
    checkReadable(saved, place.server, rdbOf(sample as Buffer))
    return await fill(place, number, files, saved)
  } catch (error) {
    // What the server says when it does not know what a value is made of.
    const unknown = error instanceof ReplyError && /Bad data format|payload version/.test(error.message)
    throw unknown ? refused(saved, place.server, error.message) : error
  }
}

/** @param what they were to be in: `lane-1` */
export function tellGone(place: Place, what: string, { gone }: Filled): void {
  if (gone === 0) return
  const keys = gone === 1 ? '1 key was' : `${gone} keys were`
  place.info(`${what}: ${keys} left out, as the time to live has passed since they were saved`)
}

/** What the server refuses counts only once the whole file was read: it may be damaged. */
async function fill(place: Place, number: number, files: StateReader, saved: StateSummary): Promise<Filled> {
  const counts = new Map<string, number>()
  let [added, passing, gone] = [0, 0, 0]
  let failure: unknown
  const restore = async (page: Buffer, keys: number) => {
    const [, more, ofThem] = await place.run(restoreScript, number, page)
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
