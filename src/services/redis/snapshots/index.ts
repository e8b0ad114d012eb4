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
import type { RedisTemplate } from '../template.ts'
import { fillNumber, tellGone } from './fill-number.ts'
import { loadLane } from './load-lane.ts'
import { Marks } from './marks.ts'
import type { Place } from './place.ts'
import { describeLane, saveLane, sizeOfLane } from './save-lane.ts'

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

  size(lane: LaneId): Promise<number> {
    return sizeOfLane(this.#place, lane)
  }

  save(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    return saveLane(this.#place, lane, files)
  }

  describe(lane: LaneId): Promise<StateSummary> {
    return describeLane(this.#place, lane)
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
}
