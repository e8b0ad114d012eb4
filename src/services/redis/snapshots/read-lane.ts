import type { LaneId } from '../../../core/contracts.ts'
import { isIsolaneError } from '../../../core/errors.ts'
import { ReplyError } from '../client.ts'
import type { Page, Place } from './place.ts'
import { copyScript, pageScript } from './save-scripts.ts'

/** What a lane is read for; see {@link pageScript}. */
export type Use = 'save' | 'describe' | 'mark'

/** A lane that fits into a page of so many keys and bytes is read in one script. */
const pageKeys = 2_000
const pageBytes = 1 << 20

/** Copying so many at once holds up everybody on the server for about two seconds; after five it would refuse them. */
const mostAtOnce = 1_000_000

const oneMoment = 'all keys are of one moment'

/**
 * Gives a lane's keys to `take`, page by page, and tells of what moment they are. A small lane is read in one script; of a
 * larger one a copy is made in one script, in a number beside it, and that is read. Where this can't be, each key is as it
 * was at some moment while the lane was read. What expires meanwhile is left out.
 * @throws ISOLANE_LANE_LOST
 */
export async function readLane<Result>(
  place: Place,
  lane: LaneId,
  use: Use,
  take: (pages: AsyncIterable<Buffer>, moment: string) => Promise<Result>,
): Promise<Result> {
  const number = place.numberOf(lane)
  const first = await readPage(place, number, '0', use)
  if (first.cursor === '0') return take(readPages(place, number, use, first), oneMoment)
  const copy = await copyOf(place, lane, number)
  if ('refused' in copy) {
    const moment = `each key is of a moment of its own, while the lane was read: ${copy.refused}`
    return take(readPages(place, number, use, first), moment)
  }
  try {
    return await take(readPages(place, copy.number, use), oneMoment)
  } finally {
    await place.numbers.giveScratch(copy.number)
  }
}

async function copyOf(place: Place, lane: LaneId, number: number): Promise<{ number: number } | { refused: string }> {
  let copy: number | undefined
  let refused: string
  try {
    copy = await place.numbers.takeScratch(lane)
    const [outcome] = await place.run(copyScript, number, copy, mostAtOnce)
    if (String(outcome) === 'copied') return { number: copy }
    refused = 'there are too many to copy at once'
  } catch (error) {
    refused = whyNoCopy(error)
  }
  if (copy !== undefined) await place.numbers.giveScratch(copy)
  return { refused }
}

function whyNoCopy(error: unknown): string {
  if (isIsolaneError(error) && error.code === 'ISOLANE_LANES_EXHAUSTED') return 'no DB number was left for a copy'
  if (error instanceof ReplyError) return `the server could not copy them (${error.message})`
  throw error
}

/** The next page is on its way while one is worked on. */
async function* readPages(place: Place, number: number, use: Use, first?: Page): AsyncIterable<Buffer> {
  let coming = first ? Promise.resolve(first) : readPage(place, number, '0', use)
  for (;;) {
    const { cursor, records } = await coming
    if (cursor !== '0') {
      coming = readPage(place, number, cursor, use)
      coming.catch(() => {})
    }
    yield records
    if (cursor === '0') return
  }
}

async function readPage(place: Place, number: number, cursor: string, use: Use): Promise<Page> {
  const [next, records] = await place.run(pageScript, number, cursor, pageKeys, pageBytes, use)
  return { cursor: String(next), records: records as Buffer }
}
