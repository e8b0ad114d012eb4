import { randomBytes } from 'node:crypto'
import type {
  EnvironmentFacts,
  EnvironmentId,
  EnvironmentSession,
  Instance,
  LaneId,
  Limit,
  ResetOptions,
  ServiceContext,
} from '../../../core/contracts.ts'
import type { Administrator, Command } from '../client.ts'
import { failed } from '../client.ts'
import type { ServerFacts } from '../inspect.ts'
import { makeLane } from '../lane.ts'
import type { RedisLane } from '../options.ts'
import type { RedisTemplate } from '../template.ts'
import { givenPassword, notOpened, notOurs, occupied, otherName, tooMany } from './errors.ts'
import { factsOf, limitsOf } from './facts.ts'
import { layout, mostEnvironments } from './layout.ts'
import { type Note, type Notes, noteKey } from './notes.ts'
import { type EnvironmentNumbers, holder } from './numbers.ts'
import { swapInScript } from './scripts.ts'
import type { EnvironmentUsers } from './users.ts'

export interface EnvironmentsParts {
  readonly instance: Instance
  readonly context: ServiceContext
  readonly administrator: Administrator
  readonly facts: ServerFacts
  readonly numbers: EnvironmentNumbers
  readonly notes: Notes
  readonly users: EnvironmentUsers
  readonly template: RedisTemplate
}

/** A DB number and a user for each environment. */
export class RedisEnvironments implements EnvironmentSession<RedisLane> {
  readonly #parts: EnvironmentsParts

  constructor(parts: EnvironmentsParts) {
    this.#parts = parts
  }

  async open(environment: EnvironmentId): Promise<RedisLane> {
    const { notes, numbers } = this.#parts
    if (environment.index >= mostEnvironments) throw tooMany(environment)
    const note = await notes.of(environment)
    if (!note) await this.#fill(environment, 'new', [])
    else await this.#check(environment, note)
    numbers.opened(environment)
    return this.#lane(environment, note?.rotations ?? 0)
  }

  /** Makes it the template again. Until the moment when it is, it is as it was. */
  async reset(lane: LaneId, { connections }: ResetOptions): Promise<void> {
    const environment = this.#parts.numbers.environment(lane)
    if (!environment) throw notOpened(lane)
    const kill: Command = ['CLIENT', 'KILL', 'USER', environment.label]
    try {
      await this.#fill(environment, 'again', connections === 'close' ? [kill] : [])
    } catch (error) {
      const message = `${environment.name} could not be wiped in Redis DB ${environment.index}`
      throw failed('ISOLANE_RESET_FAILED', message, 'look at the server with `isolane logs`; it is as it was', error)
    }
  }

  facts(environment: EnvironmentId): Promise<EnvironmentFacts> {
    return factsOf(this.#parts.administrator, environment)
  }

  async limits(): Promise<readonly Limit[]> {
    const { administrator, notes } = this.#parts
    return limitsOf(administrator, (await notes.all()).length)
  }

  /** There are no roles: where some are named, nothing is changed. */
  async rotate(environment: EnvironmentId, roles: readonly string[] | undefined): Promise<RedisLane> {
    const { notes, users } = this.#parts
    const rotations = (await notes.of(environment))?.rotations
    if (rotations === undefined) throw notOurs(environment.index)
    if (roles !== undefined && roles.length > 0) return this.#lane(environment, rotations)
    if (environment.password !== undefined) throw givenPassword(environment)
    const lane = await this.#lane(environment, rotations + 1)
    // Whoever is in with the old one would stay.
    await users.cutOff(environment)
    return lane
  }

  async #lane(environment: EnvironmentId, rotations: number): Promise<RedisLane> {
    const { instance, facts, users } = this.#parts
    return makeLane({
      endpoint: instance.endpoint,
      ...(await users.make(environment, rotations)),
      database: environment.index,
      server: facts.name,
      version: facts.version,
    })
  }

  /** A copy of the template is made beside it, and swapped in together with the note on that. */
  async #fill(environment: EnvironmentId, how: 'new' | 'again', before: readonly Command[]): Promise<void> {
    const { administrator, numbers, template } = this.#parts
    const { name, index } = environment
    const beside = await numbers.takeBeside(environment)
    try {
      const fingerprint = template.fingerprint
      if (!(await template.clone(beside, []))) throw notOurs(beside)
      const where = [layout.notes, holder, index, beside, noteKey(index)]
      const act = randomBytes(12).toString('hex')
      const swap: Command = ['EVAL', swapInScript, 0, ...where, name, fingerprint, how, act]
      const answer = String((await administrator.sendAll([...before, swap])).at(-1))
      if (answer === 'occupied') throw occupied(environment)
      if (answer !== 'done') throw notOurs(index)
    } finally {
      // A server that is gone has nothing to give back; what stays is swept at the next start.
      await numbers.giveScratch(beside).catch(() => {})
    }
  }

  async #check(environment: EnvironmentId, note: Note): Promise<void> {
    const { notes, context, template } = this.#parts
    const { name } = environment
    if (note.name !== name) throw otherName(environment, note.name)
    const { fingerprint } = template
    if (note.template === fingerprint || note.told === fingerprint) return
    const text = `${name} stays as it is, although what environments begin with has changed since it was filled: \`isolane wipe ${name}\` begins it anew`
    context.report({ kind: 'info', subject: context.name, text })
    await notes.told(environment, fingerprint)
  }
}
