import { IsolaneError } from './errors.ts'
import type { LaneSlot } from './lane.ts'
import type { Report } from './report.ts'

/** What is to become of a lane that a test has failed on. */
export interface KeepWish {
  readonly test: string
  /** The snapshot that its state goes into after the run. */
  readonly snapshot?: string
  /** It stays after that too. Default: when there is no snapshot. */
  readonly keepFailed?: boolean
}

export interface KeepAnswer {
  /** Why it is not kept. */
  readonly refused?: string
  /** It is left for the snapshot, as long as nobody needs it. */
  readonly left?: true
}

export interface KeptLanesOptions {
  /** The most lanes at once. Half of them are always left for tests. */
  readonly limit: number
  readonly report: Report
}

/** Which of a pool's lanes are kept because a test failed on them, or will be once they come back. */
export class KeptLanes {
  readonly #slots: ReadonlyMap<number, LaneSlot>
  readonly #options: KeptLanesOptions
  /** Snapshots whose runs are over: nothing waits for them any more. */
  readonly #over = new Set<string>()

  constructor(slots: ReadonlyMap<number, LaneSlot>, options: KeptLanesOptions) {
    this.#slots = slots
    this.#options = options
  }

  get all(): LaneSlot[] {
    return [...this.#slots.values()].filter(({ kept }) => kept !== undefined)
  }

  add(slot: LaneSlot | undefined, wish: KeepWish): KeepAnswer {
    if (slot?.phase !== 'leased' || slot.stale) return { refused: 'one of its servers ended' }
    if (slot.kept) return {}
    const { test, keepFailed = wish.snapshot === undefined } = wish
    const snapshot = this.pending(wish.snapshot)
    if (snapshot === undefined && !keepFailed) return { refused: 'its run is over' }
    const refused = this.#isFull(snapshot)
    if (refused !== undefined && snapshot === undefined) return { refused }
    slot.failedTest ??= test
    if (snapshot !== undefined) slot.snapshot = snapshot
    if (refused !== undefined) return { refused, left: true }
    slot.kept = keepFailed ? 'for people' : 'for snapshot'
    return {}
  }

  /** The snapshot, unless its run is over. */
  pending(snapshot: string | undefined): string | undefined {
    return snapshot === undefined || this.#over.has(snapshot) ? undefined : snapshot
  }

  /** A run is over. @returns what was kept or left for its snapshot alone, and is not any more. */
  end(snapshot: string): LaneSlot[] {
    this.#over.add(snapshot)
    const slots = [...this.#slots.values()].filter((slot) => slot.snapshot === snapshot)
    for (const slot of slots) delete slot.snapshot
    const done = slots.filter(({ kept }) => kept !== 'for people')
    done.forEach(forget)
    return done
  }

  /** @throws ISOLANE_OPTION_INVALID for one that is neither kept nor left. */
  delete(name: string): LaneSlot {
    const all = [...this.#slots.values()].filter(
      ({ failedTest, phase }) => failedTest !== undefined || phase === 'left',
    )
    const slot = all.find(({ id }) => id.name === name)
    if (!slot) throw noSuchLane(name, 'kept', all)
    forget(slot)
    return slot
  }

  /** What a test has left is gone with its server. @returns whether it was kept. */
  lose(slot: LaneSlot): boolean {
    if (!slot.kept) return false
    const text = `is kept no longer: one of its servers ended, or its state could not be brought back ("${slot.failedTest}" had failed on it)`
    this.#options.report({ kind: 'warning', subject: slot.id.name, text })
    forget(slot)
    return true
  }

  #isFull(snapshot: string | undefined): string | undefined {
    const { limit } = this.#options
    const kept = this.all.length
    if (kept < Math.floor(limit / 2)) return undefined
    const remedy = snapshot === undefined ? '`isolane down LANE` lets go of one' : 'more `lanes` make room for more'
    return `${kept} of at most ${limit} lanes are, and no more than half may be; ${remedy}`
  }
}

/** Nothing is wanted of its state any more. */
export function forget(slot: LaneSlot): void {
  delete slot.failedTest
  delete slot.kept
  delete slot.snapshot
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
