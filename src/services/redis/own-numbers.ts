import type { LaneId } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { Administrator, Command } from './client.ts'
import { taken } from './lease-errors.ts'
import type { Numbers } from './numbers.ts'
import { cloneScript, completeScript, emptyScript, notes, pageSize, whichScript } from './scripts.ts'

/**
 * What each DB number is for. Number 0 stays empty: it is where a client lands that forgets its number, and must hit
 * neither a lane nor the template.
 */
export const databases = { nobodys: 0, notes: 1, template: 2 } as const

const reserved = 3

/** How many numbers a server needs for so many lanes: two each, the second to bring a state back beside the first. */
export function databasesFor(lanes: number): number {
  return 2 * lanes + reserved
}

/** The numbers of a server that is ours alone. */
export class OwnNumbers implements Numbers {
  readonly guard = ['', ''] as const
  readonly #administrator: Administrator
  /** How many lanes the server has numbers for. */
  readonly #capacity: number
  readonly #lanes = new Map<string, number>()

  /** @param available how many numbers the server has */
  constructor(administrator: Administrator, available: number) {
    this.#administrator = administrator
    this.#capacity = Math.floor((available - reserved) / 2)
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
    if (lane.number > this.#capacity) throw exhausted(lane, this.#capacity)
    const number = lane.number - 1 + reserved
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

  /** What a run that was killed has left there goes. */
  async takeScratch(lane: LaneId): Promise<number> {
    const number = lane.number - 1 + reserved + this.#capacity
    await this.giveScratch(number)
    return number
  }

  async giveScratch(number: number): Promise<void> {
    await this.#administrator.send('EVAL', emptyScript, 0, number)
  }

  refilled(): void {}

  async checkWhole(): Promise<void> {}

  lost(number: number): IsolaneError {
    return taken(number)
  }

  describe(): string {
    const last = reserved + this.#capacity - 1
    return `${reserved}–${last} for lanes, ${databases.template} for the template, ${last + 1}–${last + this.#capacity} for restores`
  }

  /** They end with their server. */
  async close(): Promise<void> {}
}

function exhausted(lane: LaneId, capacity: number): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANES_EXHAUSTED',
    message: `There is no Redis DB number for ${lane.name}: the server was started with enough for ${capacity} ${capacity === 1 ? 'lane' : 'lanes'}`,
    remedy: 'raise `lanes` in the config (or ISOLANE_LANES) and start the stack again',
  })
}
