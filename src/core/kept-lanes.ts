import { IsolaneError } from './errors.ts'
import type { LaneSlot } from './lane.ts'
import type { Report } from './report.ts'

export interface KeptLanesOptions {
  /** The most lanes at once. Half of them are always left for tests. */
  readonly limit: number
  readonly report: Report
}

/** Which of a pool's lanes are kept because a test failed on them, or will be once they come back. */
export class KeptLanes {
  readonly #slots: ReadonlyMap<number, LaneSlot>
  readonly #options: KeptLanesOptions

  constructor(slots: ReadonlyMap<number, LaneSlot>, options: KeptLanesOptions) {
    this.#slots = slots
    this.#options = options
  }

  get all(): LaneSlot[] {
    return [...this.#slots.values()].filter(({ failedTest }) => failedTest !== undefined)
  }

  /** @returns why not, when it can't be kept. */
  add(slot: LaneSlot | undefined, test: string, snapshot?: string): string | undefined {
    if (slot?.phase !== 'leased' || slot.stale) return 'one of its servers ended'
    if (slot.failedTest !== undefined) return undefined
    const { limit } = this.#options
    const kept = this.all.length
    if (kept >= Math.floor(limit / 2)) {
      const remedy = snapshot === undefined ? '`isolane down LANE` lets go of one' : 'more `lanes` make room for more'
      return `${kept} of at most ${limit} lanes are, and no more than half may be; ${remedy}`
    }
    slot.failedTest = test
    if (snapshot !== undefined) slot.snapshot = snapshot
    return undefined
  }

  /** @throws ISOLANE_OPTION_INVALID for one that is not kept. */
  delete(name: string): LaneSlot {
    const slot = this.all.find(({ id }) => id.name === name)
    if (!slot) throw noSuchLane(name, 'kept', this.all)
    delete slot.failedTest
    delete slot.snapshot
    return slot
  }

  /** What a test has left is gone with its server. @returns whether it was kept. */
  lose(slot: LaneSlot): boolean {
    if (slot.failedTest === undefined) return false
    const text = `is kept no longer: one of its servers ended ("${slot.failedTest}" had failed on it)`
    this.#options.report({ kind: 'warning', subject: slot.id.name, text })
    delete slot.failedTest
    return true
  }
}

export function noSuchLane(name: string, wanted: string, slots: readonly LaneSlot[]): IsolaneError {
  const names = slots.map(({ id }) => id.name).join(', ')
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `There is no ${wanted} lane "${name}"`,
    remedy: names
      ? `choose from ${names}; \`isolane status\` says more`
      : 'no lane is; `isolane status` shows them all',
  })
}
