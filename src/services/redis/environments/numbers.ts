import type { EnvironmentId, LaneId, ServiceContext } from '../../../core/contracts.ts'
import type { IsolaneError } from '../../../core/errors.ts'
import type { Administrator, Command } from '../client.ts'
import type { Numbers } from '../numbers.ts'
import { cloneLeasedScript, completeLeasedScript, emptyScript, notes, pageSize, whichScript } from '../scripts.ts'
import { environmentsAlone, notOurs } from './errors.ts'
import { beside, layout } from './layout.ts'

/** Who is on record for the numbers. Scripts ask in the server, before they destroy anything. */
export const holder = 'environments'

/**
 * The numbers of a durable server of ours: each environment has the number of its index, and one beside it. They are on
 * record in the number of the notes, as leased ones are, so that no key of ours is among people's own.
 */
export class EnvironmentNumbers implements Numbers {
  readonly guard = [layout.notes, holder] as const
  readonly #administrator: Administrator
  readonly #context: ServiceContext
  readonly #opened = new Map<string, EnvironmentId>()

  /** @param administrator connected to the number of the notes */
  constructor(administrator: Administrator, context: ServiceContext) {
    this.#administrator = administrator
    this.#context = context
  }

  opened(environment: EnvironmentId): void {
    this.#opened.set(environment.name, environment)
  }

  /** @returns `undefined` for one that was not opened */
  environment({ name }: LaneId): EnvironmentId | undefined {
    return this.#opened.get(name)
  }

  find(): Command {
    return ['EVAL', whichScript, 0, layout.notes, notes.template]
  }

  async beginTemplate(): Promise<number> {
    // Without its notes the template counts as incomplete.
    await this.#administrator.sendAll([
      ['DEL', notes.template, notes.lifetimes],
      ['HSET', 'isolane:leases', `number:${layout.template}`, holder],
      ['EVAL', emptyScript, 0, layout.template],
    ])
    return layout.template
  }

  completeTemplate(fingerprint: string): Command {
    const where = [layout.template, layout.notes, notes.template, notes.lifetimes]
    return ['EVAL', completeLeasedScript, 0, ...where, fingerprint, holder]
  }

  async take(): Promise<number> {
    throw environmentsAlone(this.#context)
  }

  of(lane: LaneId): number | undefined {
    return this.environment(lane)?.index
  }

  clone(database: number, cursor: string): Command {
    const where = [database, layout.template, layout.notes, notes.template, notes.lifetimes]
    return ['EVAL', cloneLeasedScript, 0, ...where, pageSize, cursor, holder]
  }

  async regain(): Promise<boolean> {
    return false
  }

  /** Environments are never given back. */
  async give(): Promise<void> {}

  async takeScratch(lane: LaneId): Promise<number> {
    const environment = this.environment(lane)
    if (!environment) throw notOurs(lane.number - 1)
    return this.takeBeside(environment)
  }

  async takeBeside({ index }: EnvironmentId): Promise<number> {
    const number = beside(index)
    await this.#administrator.sendAll([
      ['HSET', 'isolane:leases', `number:${number}`, holder],
      ['EVAL', emptyScript, 0, number],
    ])
    return number
  }

  async giveScratch(number: number): Promise<void> {
    await this.#administrator.send('EVAL', emptyScript, 0, number)
  }

  /** What a run that was killed has left beside environments goes. */
  async sweep(): Promise<void> {
    const keyspace = String(await this.#administrator.send('INFO', 'keyspace'))
    const left = [...keyspace.matchAll(/^db(\d+):/gm)].map((line) => Number(line[1]))
    const besides = left.filter((number) => number >= layout.besides)
    if (besides.length > 0) await this.#administrator.send('EVAL', emptyScript, 0, ...besides)
  }

  refilled(): void {}

  async checkWhole(): Promise<void> {}

  lost(number: number): IsolaneError {
    return notOurs(number)
  }

  describe(): string {
    const environments = [...this.#opened.values()].map(({ name, index }) => `${index} for ${name}`)
    return [...environments, `${layout.notes} for notes`, `${layout.template} for the template`].join(', ')
  }

  /** They stay. */
  async close(): Promise<void> {}
}
