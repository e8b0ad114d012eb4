import { hostname } from 'node:os'
import { thisMachine } from '../../core/machine.ts'
import { isAlive, self } from '../../core/process-identity.ts'
import type { Administrator } from './client.ts'
import { beginScript, endScript, giveScript, holdScript, lookScript, takeScript } from './lease-scripts.ts'

/** Who holds numbers, as it stands on record. */
export interface Holder {
  readonly host: string
  readonly machine: string
  readonly pid: number
  readonly startedAt: string
  /** The folder of the project. */
  readonly project: string
  /** ISO 8601. */
  readonly since: string
}

/** A session as others find it. */
export interface Session {
  readonly id: string
  readonly holder: Holder
  /** When its lease runs out, as the server wrote it. */
  readonly until: string
  readonly expired: boolean
  readonly numbers: readonly number[]
}

/** What a session learns when it renews its lease. */
export type Held = { readonly foreign: string } | { readonly back: readonly number[]; readonly lost: readonly number[] }

export function holderOf(project: string): Holder {
  const { pid, startedAt } = self
  return { host: hostname(), machine: thisMachine(), pid, startedAt, project, since: new Date().toISOString() }
}

/**
 * Whether nobody will miss what it holds. A process that lives on this machine keeps its numbers, however long it sleeps
 * (in a debugger, say); one elsewhere keeps them until its lease runs out.
 */
export function isDead({ holder, expired }: Session): boolean {
  return holder.machine === thisMachine() ? !isAlive(holder) : expired
}

/** One session's hand on the record. See lease-scripts.ts for what the record is. */
export class LeaseRecord {
  /** The DB number it lies in. */
  readonly number: number
  readonly session: string
  readonly #administrator: Administrator

  constructor(administrator: Administrator, number: number, session: string) {
    this.#administrator = administrator
    this.number = number
    this.session = session
  }

  /** @param lease milliseconds */
  async hold(holder: Holder, lease: number, numbers: readonly number[]): Promise<Held> {
    const reply = await this.#run(holdScript, this.session, JSON.stringify(holder), lease, ...numbers)
    const [outcome, first, second] = reply as [string, unknown, unknown]
    if (outcome === 'foreign') return { foreign: String(first) }
    return { back: toNumbers(first), lost: toNumbers(second) }
  }

  /** The number that was leased, if any was left, and those that hold somebody else's keys. */
  async take(first: number, last: number): Promise<{ taken?: number; known: boolean; foreign: readonly number[] }> {
    const [number, foreign] = (await this.#run(takeScript, this.session, first, last)) as [number, unknown]
    const rest = { known: number !== -2, foreign: toNumbers(foreign) }
    return number < 0 ? rest : { taken: number, ...rest }
  }

  /** Whether the number was ours, and is empty now. */
  async begin(number: number): Promise<boolean> {
    return (await this.#run(beginScript, this.session, number)) === 1
  }

  async give(number: number): Promise<void> {
    await this.#run(giveScript, this.session, number)
  }

  /** Leaves the record, with all numbers. */
  async leave(): Promise<void> {
    await this.#run(endScript, this.session)
  }

  /** Ends another session, unless it has renewed its lease (or was ended) since it was looked at. */
  async end({ id, until }: Session): Promise<boolean> {
    return Number(await this.#run(endScript, id, until)) >= 0
  }

  /** All other sessions. */
  async others(): Promise<readonly Session[]> {
    const [now, flat] = (await this.#run(lookScript, this.session)) as [string, string[]]
    const fields = new Map(flat.flatMap((field, index) => (index % 2 === 0 ? [[field, flat[index + 1] ?? '']] : [])))
    return [...fields].flatMap(([field, text]) => {
      const id = /^session:(.+)$/.exec(field)?.[1]
      if (id === undefined || id === this.session) return []
      const until = fields.get(`until:${id}`) ?? '0'
      const numbers = [...fields].flatMap(([name, holder]) =>
        name.startsWith('number:') && holder === id ? [Number(name.slice('number:'.length))] : [],
      )
      return [{ id, holder: JSON.parse(text) as Holder, until, expired: Number(until) <= Number(now), numbers }]
    })
  }

  #run(script: string, ...rest: readonly (string | number)[]): Promise<unknown> {
    return this.#administrator.send('EVAL', script, 0, this.number, ...rest)
  }
}

function toNumbers(reply: unknown): number[] {
  return (reply as unknown[]).map(Number)
}
