import type { LaneId } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { Administrator, Command } from './client.ts'
import type { Numbers } from './numbers.ts'
import { cloneScript, completeScript, emptyScript, notes, pageSize, whichScript } from './scripts.ts'

/**
 * What each DB number is for. Number 0 stays empty: it is where a client lands that forgets its number, and must hit
 * neither a lane nor the template.
 */
export const databases = { nobodys: 0, notes: 1, template: 2 } as const

const reserved = 3

/** How many numbers a server needs for so many lanes. */
export function databasesFor(lanes: number): number {
  return lanes + reserved
}

/** The numbers of a server that is ours alone. */
export class OwnNumbers implements Numbers {
  readonly #administrator: Administrator
  /** How many the server has. */
  readonly #available: number
  readonly #lanes = new Map<string, number>()

  constructor(administrator: Administrator, available: number) {
    this.#administrator = administrator
    this.#available = available
  }

  find(): Command {
    return ['EVAL', whichScript, 0, databases.notes, notes.template]
  }

  async beginTemplate(): Promise<number> {
    // The notes go first: without them the template counts as incomplete.
    await this.#administrator.send('EVAL', emptyScript, 0, databases.notes, databases.template)
    return databases.template
  }

  completeTemplate(fingerprint: string): Command {
    const { template, notes: noted, nobodys } = databases
    return ['EVAL', completeScript, 0, template, noted, notes.template, notes.lifetimes, fingerprint, nobodys]
  }

  async take(lane: LaneId): Promise<number> {
    const number = lane.number - 1 + reserved
    if (number >= this.#available) throw exhausted(lane, this.#available)
    this.#lanes.set(lane.name, number)
    return number
  }

  of(lane: LaneId): number | undefined {
    return this.#lanes.get(lane.name)
  }

  clone(database: number, cursor: string): Command {
    const { template, notes: noted, nobodys } = databases
    const where = [database, template, noted, notes.template, notes.lifetimes]
    return ['EVAL', cloneScript, 0, ...where, pageSize, cursor, nobodys]
  }

  async regain(): Promise<boolean> {
    return true
  }

  async give(lane: LaneId): Promise<void> {
    const number = this.#lanes.get(lane.name)
    this.#lanes.delete(lane.name)
    if (number !== undefined) await this.#administrator.send('EVAL', emptyScript, 0, number)
  }

  describe(): string {
    return `${reserved}–${this.#available - 1} for lanes, ${databases.template} for the template`
  }

  /** They end with their server. */
  async close(): Promise<void> {}
}

function exhausted(lane: LaneId, available: number): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANES_EXHAUSTED',
    message: `There is no Redis DB number for ${lane.name}: the server was started with ${available}, enough for ${available - reserved} lanes`,
    remedy: 'raise `lanes` in the config (or ISOLANE_LANES) and start the stack again',
  })
}
