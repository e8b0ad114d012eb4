import { Durations } from './durations.ts'
import { IsolaneError, isIsolaneError, messageOf } from './errors.ts'
import { forget, type KeepAnswer, type KeepWish, KeptLanes, noSuchLane } from './kept-lanes.ts'
import type { Holder, Lane, LanePhase, LaneSlot } from './lane.ts'
import { LaneMaker, type LaneMakerOptions } from './lane-maker.ts'
import { LaneQueue } from './lane-queue.ts'
import { LaneStates, type SavedLane } from './lane-states.ts'
import { describeLane, type PoolStatus, type StatusOptions } from './lane-status.ts'

/** Milliseconds without a leased lane after which a stack counts as idle. */
const idleDelay = 2_000

export interface LanePoolOptions extends LaneMakerOptions {
  /** The most lanes at once. */
  readonly limit: number
  readonly leaseTimeout: number
}

/**
 * The lanes of a stack: made ahead of need, leased, recycled in the background when they come back. A lane has at most
 * one holder, and only a clean one is handed out.
 */
export class LanePool {
  readonly #options: LanePoolOptions
  readonly #maker: LaneMaker
  readonly #states: LaneStates
  readonly #slots = new Map<number, LaneSlot>()
  readonly #kept: KeptLanes
  readonly #queue: LaneQueue<Lane>
  readonly #leases = new Durations()
  readonly #waitingLeases = new Durations()
  readonly #left = new Set<LaneSlot>()
  #peak = 0
  #closed = false
  #idleTimer: NodeJS.Timeout | undefined
  /** Of the last lane that could not be made, until one can be again. */
  #failure: IsolaneError | undefined
  /** Called when a lane is kept no longer. */
  onLetGo: (() => void) | undefined

  constructor(options: LanePoolOptions) {
    this.#options = options
    this.#maker = new LaneMaker(options)
    this.#states = new LaneStates(options)
    this.#kept = new KeptLanes(this.#slots, options)
    this.#queue = new LaneQueue({
      timeout: options.leaseTimeout,
      describe: () => this.#describeHolders(),
      failure: () => this.#failure,
      report: options.report,
    })
  }

  /** Whether there is anything that lanes are made of. */
  get hasLanes(): boolean {
    return this.#options.hosts.length > 0
  }

  /** Makes lanes ahead of need, so that `count` are in use or ready; resolves when the first one is. */
  async warm(count: number): Promise<void> {
    if (this.#slots.size === 0) await this.#grow()
    const wanted = Math.min(count, this.#options.limit)
    const idle = () => this.#count('resting') + this.#count('kept') + this.#count('left')
    while (!this.#closed && this.#slots.size - idle() < wanted && this.#hasRoom()) this.#add()
    this.#replenish()
  }

  /**
   * A clean lane: the one with the preferred number when it is free, else any; made anew when none is.
   * @throws ISOLANE_LANES_EXHAUSTED when all lanes stay taken for `leaseTimeout`, ISOLANE_LANE_FAILED or the service's own
   * error when none can be made, ISOLANE_ABORTED when the signal fires first.
   */
  async lease(holder: Holder, preferred?: number, signal?: AbortSignal): Promise<Lane> {
    if (this.#closed) throw closedError()
    const begun = performance.now()
    const ready = this.#queue.length === 0 ? this.#ready(preferred) : undefined
    if (ready) {
      const lane = this.#hand(ready, holder)
      this.#waitingLeases.add(performance.now() - begun)
      this.#leases.add(performance.now() - begun)
      return lane
    }
    const waiting = this.#queue.wait(holder, signal)
    this.#replenish(holder)
    const lane = await waiting
    this.#leases.add(performance.now() - begun)
    return lane
  }

  /** The holder is gone: the lane is made clean in the background, unless it is to be kept. */
  release(number: number): void {
    const slot = this.#slots.get(number)
    if (slot?.phase !== 'leased') return
    const { holder } = slot
    const snapshot = this.#kept.pending(slot.snapshot ?? holder?.snapshot)
    delete slot.holder
    if (slot.stale || !(slot.kept || snapshot)) this.#renew(slot)
    else {
      if (slot.kept) slot.phase = 'kept'
      else this.#leave(slot, snapshot)
      void this.#inTurn(slot, () => this.#states.forget(slot))
    }
    // Perhaps nobody comes any more: what was left is not given up for a lane that might be wanted.
    if (!this.#left.has(slot) || this.#queue.length > 0) this.#replenish(this.#queue.first ?? holder)
  }

  /** A test failed on a leased lane: once it comes back it stays as it is, and nobody gets it. */
  keep(number: number, wish: KeepWish): KeepAnswer {
    return this.#kept.add(this.#slots.get(number), wish)
  }

  /** The run that was to save a snapshot is over: lanes that were kept or left for that alone are made clean. */
  endSnapshot(name: string): void {
    for (const slot of this.#kept.end(name)) if (slot.phase !== 'leased') this.#renew(slot)
  }

  /**
   * Keeps a lane that is kept or left, or leased by who asks, for what a person wants of it; no run's end lets go of it.
   * @param number of the lane that who asks has leased; others' that will not be kept anyway are refused
   * @throws ISOLANE_LANE_LOST, ISOLANE_OPTION_INVALID, ISOLANE_SNAPSHOT_REFUSED
   */
  keepAs(name: string, reason: string, number?: number): void {
    const slot = this.#whole(name)
    if (slot.phase === 'leased' && slot.id.number !== number && !slot.kept) throw inUse(slot)
    slot.failedTest = reason
    slot.kept = 'for people'
    delete slot.snapshot
    if (this.#left.delete(slot)) slot.phase = 'kept'
  }

  /** Whether any lane is kept, or will be once it comes back. */
  get keeps(): boolean {
    return this.#kept.all.length > 0
  }

  /**
   * A lane is kept, or left, no longer: it is made clean, when its holder is gone.
   * @throws ISOLANE_OPTION_INVALID for one that is not.
   */
  letGo(name: string): void {
    const slot = this.#kept.delete(name)
    if (slot.phase === 'kept' || slot.phase === 'left') this.#renew(slot)
    this.onLetGo?.()
  }

  /** A lane that is leased or kept. @throws ISOLANE_OPTION_INVALID for one that is not. */
  look(name: string): Lane {
    const { lane } = this.#open(name)
    if (lane) return lane
    throw noSuchLane(name, 'leased or kept', [])
  }

  /** Keeps the state of a leased lane under a name for as long as it is leased. */
  async mark(number: number, name: string): Promise<void> {
    const slot = this.#held(number)
    await this.#inTurn(slot, () => this.#states.mark(slot, name))
  }

  /** @returns whether {@link mark} has kept a state under that name. */
  async restoreMark(number: number, name: string): Promise<boolean> {
    const slot = this.#held(number)
    return this.#inTurn(slot, () => this.#states.restoreMark(slot, name)).finally(() => this.#loseStale(slot))
  }

  /** What {@link mark} has kept goes. */
  async forgetMarks(number: number): Promise<void> {
    const slot = this.#held(number)
    await this.#inTurn(slot, () => this.#states.forget(slot))
  }

  /** About how many bytes {@link saveState} would write, at most. */
  async stateSize(name: string): Promise<number> {
    return this.#states.size(this.#whole(name))
  }

  /** Writes the state of a lane that is leased, kept or left into a folder. */
  async saveState(name: string, folder: string): Promise<SavedLane> {
    const slot = this.#whole(name)
    return this.#inTurn(slot, () => this.#states.save(slot, folder))
  }

  async describeState(name: string): ReturnType<LaneStates['describe']> {
    const slot = this.#whole(name)
    return this.#inTurn(slot, () => this.#states.describe(slot))
  }

  /** Makes a lane what was saved. @param number of the lane that who asks has leased; others' are refused */
  async loadState(name: string, folder: string, saved: SavedLane, number?: number): Promise<void> {
    const slot = this.#whole(name)
    if (slot.phase === 'leased' && slot.id.number !== number) throw inUse(slot)
    await this.#inTurn(slot, () => this.#states.load(slot, folder, saved)).finally(() => this.#loseStale(slot))
  }

  /** The holder's own reset: the whole lane, or one service of it. @throws ISOLANE_RESET_FAILED. */
  async reset(number: number, service?: string): Promise<void> {
    const slot = this.#held(number)
    await this.#inTurn(slot, () => this.#maker.reset(slot, { connections: 'keep' }, service))
  }

  /** A server was lost: its lanes, all or the one with this number, are made anew before anyone gets them. */
  discard(number?: number): void {
    for (const slot of this.#slots.values()) {
      if (number !== undefined && slot.id.number !== number) continue
      slot.stale = true
      this.#loseStale(slot)
    }
  }

  status({ passwords = false }: StatusOptions = {}): PoolStatus {
    return {
      limit: this.#options.limit,
      created: this.#maker.created,
      peak: this.#peak,
      lanes: [...this.#slots.values()].map((slot) => describeLane(slot, passwords)),
      leases: this.#leases.summary(),
      waitingLeases: this.#waitingLeases.summary(),
      resets: this.#maker.resets,
    }
  }

  /** Hands out nothing more and waits for what is being made or cleaned. The lanes end with their servers. */
  async close(): Promise<void> {
    this.#closed = true
    this.#maker.close()
    clearTimeout(this.#idleTimer)
    this.#queue.rejectAll(closedError())
    await Promise.allSettled([...this.#slots.values()].map((slot) => slot.work))
  }

  #ready(preferred?: number): LaneSlot | undefined {
    const wanted = preferred === undefined ? undefined : this.#slots.get(preferred)
    if (wanted?.phase === 'ready') return wanted
    return [...this.#slots.values()].find((slot) => slot.phase === 'ready')
  }

  #hand(slot: LaneSlot, holder: Holder): Lane {
    if (!slot.lane) throw new Error(`${slot.id.name} is ready without a lane`)
    slot.phase = 'leased'
    slot.holder = holder
    this.#peak = Math.max(this.#peak, this.#count('leased'))
    this.#replenish(holder)
    return slot.lane
  }

  /** Offers a clean lane to whoever waits longest; not one whose server was lost at the last moment. */
  #offer(slot: LaneSlot): void {
    if (slot.stale) {
      this.#renew(slot)
      return
    }
    slot.phase = 'ready'
    const waiting = this.#queue.next()
    if (waiting) waiting.resolve(this.#hand(slot, waiting.holder))
    else this.#restartIdleTimer()
  }

  /**
   * Keeps one clean lane waiting, and one coming for everyone in the queue, up to the limit. More would be servers started
   * for nobody, when lanes have servers of their own and the run is near its end.
   * @param holder for whom; see {@link #leftFor}
   */
  #replenish(holder = this.#queue.first): void {
    while (!this.#closed && this.#hasRoom()) {
      const coming = this.#count('ready') + this.#count('making') + this.#count('recycling')
      if (coming > this.#queue.length) return
      this.#add(holder)
    }
  }

  #hasRoom(): boolean {
    return this.#slots.size < this.#options.limit || this.#count('resting') + this.#count('left') > 0
  }

  #add(holder?: Holder): void {
    const left = this.#leftFor(holder)
    if (left) {
      this.#renew(left)
      return
    }
    const resting = [...this.#slots.values()].find(({ phase }) => phase === 'resting')
    const made = resting ? this.#make(resting) : this.#grow()
    made.catch((error) => this.#giveUp(error))
  }

  #grow(): Promise<void> {
    const number = this.#freeNumber()
    const slot: LaneSlot = {
      id: { number, name: `lane-${number}` },
      phase: 'making',
      parts: new Map(),
      stale: false,
      work: Promise.resolve(),
    }
    this.#slots.set(number, slot)
    return this.#make(slot)
  }

  /** @throws ISOLANE_LANE_FAILED, or the service's own error, when it can't be made; its slot is free again then. */
  async #make(slot: LaneSlot): Promise<void> {
    slot.phase = 'making'
    await this.#inTurn(slot, async () => {
      try {
        await this.#maker.make(slot)
      } catch (error) {
        await this.#remove(slot)
        throw laneFailed(error)
      }
      this.#failure = undefined
      this.#offer(slot)
    })
  }

  /** The state stays as the holder left it, until the lane is needed. The one that was left last is the last to go. */
  #leave(slot: LaneSlot, snapshot: string | undefined): void {
    slot.phase = 'left'
    if (snapshot !== undefined) slot.snapshot = snapshot
    this.#left.delete(slot)
    this.#left.add(slot)
  }

  /**
   * The lane that is given up for a holder: what its own run has left, so that a single worker needs no more lanes with each
   * file; of what others have left the oldest, and only when there is no room for more lanes.
   */
  #leftFor(holder: Holder | undefined): LaneSlot | undefined {
    const left = [...this.#left]
    const own = left.find(({ snapshot }) => snapshot === holder?.snapshot)
    if (own) return own
    const isFull = this.#slots.size >= this.#options.limit && this.#count('resting') === 0
    return isFull ? left[0] : undefined
  }

  /** What was kept or left on a lane is gone with one of its servers. */
  #loseStale(slot: LaneSlot): void {
    if (!slot.stale) return
    if (this.#kept.lose(slot)) this.onLetGo?.()
    if (slot.phase === 'ready' || slot.phase === 'kept' || slot.phase === 'left') this.#renew(slot)
  }

  #renew(slot: LaneSlot): void {
    const wasHeld = slot.phase === 'leased'
    slot.phase = 'recycling'
    forget(slot)
    this.#left.delete(slot)
    void this.#inTurn(slot, () => this.#recycle(slot, wasHeld))
  }

  async #recycle(slot: LaneSlot, wasHeld: boolean): Promise<void> {
    if (this.#closed) return
    await this.#states.forget(slot)
    if (await this.#maker.clean(slot)) {
      this.#offer(slot)
      return
    }
    slot.phase = 'resting'
    // A server that ends soon after each start would be started for ever, were it not for somebody who needs it.
    if (wasHeld || this.#queue.length > 0) this.#replenish()
  }

  /** A lane could not be made. Those who wait still may get another one's, as long as there is any. */
  #giveUp(error: unknown): void {
    if (this.#closed) return
    const before = this.#failure
    this.#failure = laneFailed(error)
    const [left] = this.#left
    if (left && this.#queue.length > 0) this.#renew(left)
    if (this.#slots.size === this.#count('resting') + this.#count('kept')) this.#queue.rejectAll(this.#failure)
    else if (this.#failure.reason !== before?.reason) {
      this.#options.report({ kind: 'warning', subject: 'lanes', text: this.#failure.message })
    }
  }

  /** The number is free again only once nothing of the lane is left. */
  async #remove(slot: LaneSlot): Promise<void> {
    slot.phase = 'discarded'
    await this.#maker.drop(slot)
    this.#slots.delete(slot.id.number)
  }

  /** What services put off is done once nothing was leased for a while. */
  #restartIdleTimer(): void {
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => {
      if (!this.#closed && this.#count('leased') === 0) void this.#maker.idle()
    }, idleDelay)
    this.#idleTimer.unref()
  }

  /** @throws ISOLANE_LANE_LOST */
  #held(number: number): LaneSlot {
    const slot = this.#slots.get(number)
    if (slot?.phase === 'leased' && !slot.stale) return slot
    throw laneLost(`lane-${number}`, slot?.stale)
  }

  /** {@link #open}, and nothing of it is lost. @throws ISOLANE_LANE_LOST, ISOLANE_OPTION_INVALID */
  #whole(name: string): LaneSlot {
    const slot = this.#open(name)
    if (slot.stale) throw laneLost(name, slot.stale)
    return slot
  }

  /** A lane that somebody has, or has left. @throws ISOLANE_OPTION_INVALID */
  #open(name: string): LaneSlot {
    const open = [...this.#slots.values()].filter(({ phase }) => ['leased', 'kept', 'left'].includes(phase))
    const slot = open.find(({ id }) => id.name === name)
    if (slot) return slot
    throw noSuchLane(name, 'leased or kept', open)
  }

  #inTurn<Result>(slot: LaneSlot, act: () => Promise<Result>): Promise<Result> {
    const result = slot.work.then(act)
    slot.work = result.catch(() => {})
    return result
  }

  #freeNumber(): number {
    let number = 1
    while (this.#slots.has(number)) number += 1
    return number
  }

  #count(phase: LanePhase): number {
    let count = 0
    for (const slot of this.#slots.values()) if (slot.phase === phase) count += 1
    return count
  }

  #describeHolders(): string {
    const holders = [...this.#slots.values()].flatMap(({ id, holder }) =>
      holder ? [`${id.name} by ${holder.what} (pid ${holder.pid})`] : [],
    )
    const kept = this.#count('kept')
    const leased = `${holders.length} of at most ${this.#options.limit} lanes are leased`
    const names = `${holders.slice(0, 8).join(', ')}${holders.length > 8 ? ', …' : ''}`
    return `${leased}${kept > 0 ? ` and ${kept} kept for tests that failed` : ''}: ${names}`
  }
}

/** What a service says is more telling than that a lane could not be made. */
function laneFailed(error: unknown): IsolaneError {
  if (isIsolaneError(error)) return error
  return new IsolaneError({
    code: 'ISOLANE_LANE_FAILED',
    message: `A lane could not be made (${messageOf(error).split('\n')[0]})`,
    remedy: 'see the cause; `isolane doctor` checks the machine',
    cause: error,
  })
}

function laneLost(name: string, stale?: boolean): IsolaneError {
  const why = stale ? 'one of its servers ended, or its state could not be brought back' : 'it is not leased'
  return new IsolaneError({
    code: 'ISOLANE_LANE_LOST',
    message: `${name} can't be used: ${why}`,
    remedy: 'run the test file again; it gets a new lane',
  })
}

function inUse({ id, holder }: LaneSlot): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message: `${id.name} is in use by ${holder?.what} (pid ${holder?.pid})`,
    remedy: 'wait until it has ended, or choose another lane',
  })
}

function closedError(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STACK_CLOSED',
    message: 'The stack has been closed, so there are no more lanes',
    remedy: 'start the run again',
  })
}
