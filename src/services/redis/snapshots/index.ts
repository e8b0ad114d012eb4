import type {
  LaneId,
  LaneMark,
  LoadedState,
  SavedStart,
  SnapshotSupport,
  StateReader,
  StateSummary,
  StateWriter,
  Template,
} from '../../../core/contracts.ts'
import { StateContents } from '../../../core/state-contents.ts'
import type { RedisTemplate } from '../template.ts'
import { fillNumber, keysFile, tellGone } from './fill-number.ts'
import { loadLane } from './load-lane.ts'
import { Marks } from './marks.ts'
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

/** The keys of a lane's DB number, as DUMP tells them. Of one lane, one thing is done at a time. */
export class RedisSnapshots implements SnapshotSupport {
  readonly #place: Place
  readonly #template: RedisTemplate
  readonly #marks: Marks

  constructor(place: Place, template: RedisTemplate) {
    this.#place = place
    this.#template = template
    this.#marks = new Marks(place)
  }

  async size(lane: LaneId): Promise<number> {
    const number = this.#place.numberOf(lane)
    let [cursor, size] = ['0', frame]
    do {
      const [next, bytes] = await this.#place.run(sizeScript, number, cursor)
      cursor = String(next)
      size += Number(bytes)
    } while (cursor !== '0')
    return size
  }

  async save(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    const contents = new StateContents()
    const summary = await this.#read(lane, 'save', contents, (keys) => files.write(keysFile, withHead(keys)))
    await contents.write(files)
    return summary
  }

  describe(lane: LaneId): Promise<StateSummary> {
    return this.#read(
      lane,
      'describe',
      new StateContents(),
      async (keys) => void (await Array.fromAsync(keys, () => 0)),
    )
  }

  load(lane: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState> {
    return loadLane(this.#place, lane, files, saved)
  }

  mark(lane: LaneId): Promise<LaneMark> {
    return this.#marks.make(lane)
  }

  /** There is one way, and migrations are no matter of keys. */
  async prepareFrom(template: Template, { files, saved }: SavedStart): Promise<void> {
    const { numbers } = this.#place
    await this.#template.prepareBy(template, async (number) => {
      numbers.refilled(number)
      tellGone(this.#place, 'the template', await fillNumber(this.#place, number, files, saved))
      await numbers.checkWhole(number)
    })
  }

  #read(
    lane: LaneId,
    use: Use,
    contents: StateContents,
    take: (keys: AsyncIterable<Buffer>) => Promise<void>,
  ): Promise<StateSummary> {
    const { server } = this.#place
    const tally = new Tally(contents)
    return readLane(this.#place, lane, use, tally, async (keys, moment) => {
      await take(keys)
      const details = { ...originOf(server, tally.rdb), expiring: String(tally.expiring), moment, notSaved }
      return { format: 'redis-dump', version: server.version, details, ...contents.summary() }
    })
  }
}

async function* withHead(keys: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  yield fileHead
  yield* keys
}
