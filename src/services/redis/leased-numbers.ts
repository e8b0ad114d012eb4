import type { LaneId, ServiceContext } from '../../core/contracts.ts'
import type { IsolaneError } from '../../core/errors.ts'
import type { Administrator, Command } from './client.ts'
import { endDeadSessions } from './dead-sessions.ts'
import { closed, exhausted, leasedAnew, recordForeign, taken } from './lease-errors.ts'
import { type Holder, holderOf, LeaseRecord } from './lease-record.ts'
import type { Numbers } from './numbers.ts'
import type { Grant } from './options.ts'
import { cloneLeasedScript, completeLeasedScript, pageSize, whichScript } from './scripts.ts'

export interface LeaseParts {
  readonly administrator: Administrator
  /** Names this session among all that share the server. */
  readonly session: string
  readonly grant: Grant
  readonly context: ServiceContext
  /** How long numbers stay ours after the last sign of life, in milliseconds. Renewed six times as often. */
  readonly lease: number
  /** Called for a lane whose number is somebody else's now: its clients must not reach it any more. */
  cutOff(lane: string): Promise<void>
}

/** What the template's number is held as. */
const template = 'template'
/** What begins the names that numbers beside lanes are held as. */
const beside = 'beside '

/** Numbers of a server that is not ours, out of those that the user grants. The first one keeps the record. */
export class LeasedNumbers implements Numbers {
  readonly #parts: LeaseParts
  readonly #record: LeaseRecord
  readonly #holder: Holder
  readonly #timer: NodeJS.Timeout
  readonly #held = new Map<string, number>()
  /** Numbers that were ours and are somebody else's now. */
  readonly #lost = new Set<number>()
  /** Numbers that were on nobody's record, are ours again, and were not filled since: somebody may have emptied them. */
  readonly #anew = new Set<number>()
  readonly #reported = new Set<number>()
  #closed = false
  #besides = 0

  private constructor(parts: LeaseParts) {
    this.#parts = parts
    this.#record = new LeaseRecord(parts.administrator, parts.grant.from, parts.session)
    this.#holder = holderOf(parts.context.root)
    // While the server is away there is nothing to renew; what became of the numbers shows when it is back.
    this.#timer = setInterval(() => void this.#renew().catch(() => {}), parts.lease / 6)
    this.#timer.unref()
  }

  /** @throws ISOLANE_ATTACH_REFUSED when the number of the record holds something else. */
  static async open(parts: LeaseParts): Promise<LeasedNumbers> {
    const numbers = new LeasedNumbers(parts)
    try {
      await numbers.#renew()
      await numbers.#endDeadSessions()
      return numbers
    } catch (error) {
      await numbers.close().catch(() => {})
      throw error
    }
  }

  get guard() {
    return [this.#record.number, this.#record.session] as const
  }

  find(): Command {
    return ['EVAL', whichScript, 0, this.#record.number, this.#notes.fingerprint]
  }

  async beginTemplate(): Promise<number> {
    const number = this.#held.get(template) ?? (await this.#take(template))
    if (await this.#record.begin(number)) return number
    if ((await this.regain(number)) && (await this.#record.begin(number))) return number
    this.#held.delete(template)
    const other = await this.#take(template)
    if (await this.#record.begin(other)) return other
    throw taken(other)
  }

  completeTemplate(fingerprint: string): Command {
    const { fingerprint: key, lifetimes } = this.#notes
    const where = [this.#held.get(template) ?? '', this.#record.number, key, lifetimes]
    return ['EVAL', completeLeasedScript, 0, ...where, fingerprint, this.#record.session]
  }

  async take(lane: LaneId): Promise<number> {
    const held = this.of(lane)
    return held === undefined || this.#lost.has(held) ? this.#take(lane.name) : held
  }

  of(lane: LaneId): number | undefined {
    return this.#held.get(lane.name)
  }

  clone(database: number, cursor: string): Command {
    if (cursor === 'start') this.refilled(database)
    const { fingerprint, lifetimes } = this.#notes
    const where = [database, this.#held.get(template) ?? '', this.#record.number, fingerprint, lifetimes]
    return ['EVAL', cloneLeasedScript, 0, ...where, pageSize, cursor, this.#record.session]
  }

  async regain(database: number): Promise<boolean> {
    await this.#renew()
    return !this.#lost.has(database)
  }

  async give(lane: LaneId): Promise<void> {
    const number = this.#held.get(lane.name)
    // Before the server is told, so that no renewal on its way takes the number again.
    this.#held.delete(lane.name)
    if (number !== undefined) await this.#record.give(number)
  }

  async takeScratch(lane: LaneId): Promise<number> {
    this.#besides += 1
    return this.#take(`${beside}${lane.name} ${this.#besides}`)
  }

  async giveScratch(number: number): Promise<void> {
    for (const [what, held] of this.#held) if (held === number && what.startsWith(beside)) this.#held.delete(what)
    await this.#record.give(number)
  }

  refilled(number: number): void {
    this.#anew.delete(number)
  }

  async checkWhole(number: number): Promise<void> {
    await this.#renew()
    if (this.#lost.has(number)) throw taken(number)
    if (this.#anew.has(number)) throw leasedAnew(number)
  }

  lost(number: number): IsolaneError {
    return taken(number)
  }

  describe(): string {
    const isLane = (what: string) => what !== template && !what.startsWith(beside)
    const lanes = [...this.#held].filter(([what]) => isLane(what)).map(([, number]) => number)
    const seed = this.#held.get(template)
    const parts = [
      `${lanes.length === 0 ? 'none' : lanes.sort((left, right) => left - right).join(', ')} for lanes`,
      ...(seed === undefined ? [] : [`${seed} for the template`]),
      `${this.#record.number} for the record`,
    ]
    return `${parts.join(', ')} (granted: ${this.#parts.grant.from}–${this.#parts.grant.to})`
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closed = true
    this.#held.clear()
    await this.#record.leave()
  }

  get #notes() {
    const { session } = this.#record
    return { fingerprint: `isolane:template:${session}`, lifetimes: `isolane:lifetimes:${session}` }
  }

  async #take(what: string): Promise<number> {
    const number = (await this.#tryTake()) ?? (await this.#tryTakeFromTheDead())
    this.#lost.delete(number)
    this.#anew.delete(number)
    this.#held.set(what, number)
    return number
  }

  async #tryTake(): Promise<number | undefined> {
    const { from, to } = this.#parts.grant
    let reply = await this.#record.take(from + 1, to)
    if (!reply.known) {
      await this.#renew()
      reply = await this.#record.take(from + 1, to)
    }
    for (const number of reply.foreign) this.#reportForeign(number)
    return reply.taken
  }

  async #tryTakeFromTheDead(): Promise<number> {
    await this.#endDeadSessions()
    const number = await this.#tryTake()
    if (number !== undefined) return number
    throw exhausted({
      context: this.#parts.context,
      grant: this.#parts.grant,
      own: [...this.#held.values()],
      others: await this.#record.others(),
    })
  }

  #endDeadSessions(): Promise<void> {
    return endDeadSessions(this.#record, this.#parts.administrator, this.#parts.context)
  }

  /** Tells the server that we live, and learns whether what we hold is ours still. */
  async #renew(): Promise<void> {
    const { lease, context, grant, cutOff } = this.#parts
    if (this.#closed) throw closed(context)
    const reply = await this.#record.hold(this.#holder, lease, [...this.#held.values()])
    if ('foreign' in reply) throw recordForeign(context, grant, reply.foreign)
    const lost = [...this.#held].filter(([, number]) => reply.lost.includes(number) && !this.#lost.has(number))
    // What was given back while the answer was on its way is not missed.
    const back = [...this.#held].filter(([, number]) => reply.back.includes(number))
    for (const [, number] of lost) this.#lost.add(number)
    for (const [, number] of back) this.#anew.add(number)
    if (back.length + lost.length > 0) this.#reportLoss(toNumbers(back), toNumbers(lost))
    await Promise.all(lost.map(([what]) => cutOff(what)))
  }

  #reportForeign(number: number): void {
    if (this.#reported.has(number)) return
    this.#reported.add(number)
    const text = `DB ${number} of the granted numbers holds keys that are not ours; it is left alone`
    this.#parts.context.report({ kind: 'warning', subject: this.#parts.context.name, text })
  }

  #reportLoss(back: readonly number[], lost: readonly number[]): void {
    const parts = [
      ...(back.length > 0 ? [`DB ${back.join(', ')}: leased anew, and filled again at the next reset`] : []),
      ...(lost.length > 0 ? [`DB ${lost.join(', ')}: somebody else's now, the lanes there are lost`] : []),
    ]
    const text = `the record of leased DB numbers was emptied, or this process slept for too long (${parts.join('; ')})`
    this.#parts.context.report({ kind: 'warning', subject: this.#parts.context.name, text })
  }
}

function toNumbers(held: readonly (readonly [string, number])[]): number[] {
  return held.map(([, number]) => number)
}
