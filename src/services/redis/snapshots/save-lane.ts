import type { LaneId, StateSummary, StateWriter } from '../../../core/contracts.ts'
import { StateContents } from '../../../core/state-contents.ts'
import { keysFile } from './fill-number.ts'
import type { Place } from './place.ts'
import { readLane, type Use } from './read-lane.ts'
import { fileHead } from './records.ts'
import { sizeScript } from './save-scripts.ts'
import { Tally } from './tally.ts'
import { originOf } from './versions.ts'

/** They belong to no DB number. A server's own file (RDB) has some of them, but all numbers too: templates are kept so. */
const notSaved = 'functions, scripts, users, settings'

/** Bytes that the files take without any keys, at most. */
const frame = 1_024

/** About how many bytes {@link saveLane} will write, at most. */
export async function sizeOfLane(place: Place, lane: LaneId): Promise<number> {
  const number = place.numberOf(lane)
  let [cursor, size] = ['0', frame]
  do {
    const [next, bytes] = await place.run(sizeScript, number, cursor)
    cursor = String(next)
    size += Number(bytes)
  } while (cursor !== '0')
  return size
}

export async function saveLane(place: Place, lane: LaneId, files: StateWriter): Promise<StateSummary> {
  const contents = new StateContents()
  const summary = await read(place, lane, 'save', contents, (keys) => files.write(keysFile, withHead(keys)))
  await contents.write(files)
  return summary
}

export function describeLane(place: Place, lane: LaneId): Promise<StateSummary> {
  const pass = async (keys: AsyncIterable<Buffer>) => void (await Array.fromAsync(keys, () => 0))
  return read(place, lane, 'describe', new StateContents(), pass)
}

function read(
  place: Place,
  lane: LaneId,
  use: Use,
  contents: StateContents,
  take: (keys: AsyncIterable<Buffer>) => Promise<void>,
): Promise<StateSummary> {
  const { server } = place
  const tally = new Tally(contents)
  return readLane(place, lane, use, tally, async (keys, moment) => {
    await take(keys)
    const details = { ...originOf(server, tally.rdb), expiring: String(tally.expiring), moment, notSaved }
    return { format: 'redis-dump', version: server.version, details, ...contents.summary() }
  })
}

async function* withHead(keys: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  yield fileHead
  yield* keys
}
