import type { LaneId } from '../../../core/contracts.ts'
import { IsolaneError, isIsolaneError } from '../../../core/errors.ts'
import { ReplyError } from '../client.ts'
import type { Page, Place } from './place.ts'
import { copyScript, pageScript } from './save-scripts.ts'
import type { Tally } from './tally.ts'

/** What a lane is read for; see {@link pageScript}. */
export type Use = 'save' | 'describe' | 'mark'

/** A lane that fits into a page of so many keys and bytes is read in one script. */
const pageKeys = 2_000
const pageBytes = 1 << 20

/**
 * Copying so many keys at once holds up everybody on the server for about two seconds; after five it would refuse them.
 * Many bytes would take long too, and the memory that others need.
 */
const mostKeys = 1_000_000
const mostBytes = 512 * 1024 ** 2

const oneMoment = 'all keys are of one moment'

interface Copy {
  readonly number: number
  /** How many keys it must have, when none of those that may expire is left. */
  readonly keys: number
  readonly of: number
}

/**
 * Gives a lane's keys to `take`, page by page and each once, and tells of what moment they are. A small lane is read in one
 * script; of a larger one a copy is made in one script, in a number beside it, and that is read. Where this can't be, each
 * key is as it was at some moment while the lane was read. What expires meanwhile is left out.
 * @param tally counts what is read
 * @throws ISOLANE_LANE_LOST, also after `take` when keys may have been lost while it went on; ISOLANE_SNAPSHOT_FAILED when
 * the copy has lost some
 */
export async function readLane<Result>(
  place: Place,
  lane: LaneId,
  use: Use,
  tally: Tally,
  take: (pages: AsyncIterable<Buffer>, moment: string) => Promise<Result>,
): Promise<Result> {
  const number = place.numberOf(lane)
  const first = await readPage(place, number, '0', use)
  const copy = first.cursor === '0' ? undefined : await copyOf(place, lane, number)
  if (copy === undefined || 'refused' in copy) {
    const moment = copy ? `each key is of a moment of its own, while the lane was read: ${copy.refused}` : oneMoment
    const result = await take(tally.pass(readPages(place, number, use, first)), moment)
    await place.numbers.checkWhole(number)
    return result
  }
  try {
    const result = await take(tally.pass(readPages(place, copy.number, use)), oneMoment)
    for (const each of [number, copy.number]) await place.numbers.checkWhole(each)
    if (tally.keys < copy.keys) throw incomplete(copy, tally.keys)
    return result
  } finally {
    await place.numbers.giveScratch(copy.number)
  }
}

async function copyOf(place: Place, lane: LaneId, number: number): Promise<Copy | { refused: string }> {
  let copy: number | undefined
  let made = false
  try {
    copy = await place.numbers.takeScratch(lane)
    const [outcome, keys, mayGo] = await place.run(copyScript, number, copy, mostKeys, mostBytes)
    made = String(outcome) === 'copied'
    if (!made) return { refused: 'there are too many, or too large ones, to copy at once' }
    return { number: copy, keys: Number(keys) - Number(mayGo), of: Number(keys) }
  } catch (error) {
    return { refused: whyNoCopy(error) }
  } finally {
    if (copy !== undefined && !made) await place.numbers.giveScratch(copy)
  }
}

function incomplete(copy: Copy, found: number): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: `The server has lost some of the lane's keys while they were read: of ${copy.of} keys ${found} were there`,
    remedy: 'see whether it evicts keys (`maxmemory-policy`), and give it more memory, or `noeviction`',
  })
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
