import type {
  Instance,
  LaneId,
  ResetOptions,
  ServiceContext,
  ServiceSession,
  Template,
} from '../../../core/contracts.ts'
import { probeAccess } from '../access.ts'
import { Administrator } from '../client.ts'
import { inspect, type ServerFacts } from '../inspect.ts'
import { OwnUsers } from '../lane-users.ts'
import type { RedisLane, RedisOptions } from '../options.ts'
import { RedisSnapshots } from '../snapshots/index.ts'
import { Place } from '../snapshots/place.ts'
import { RedisTemplate } from '../template.ts'
import { type EnvironmentsParts, RedisEnvironments } from './environments.ts'
import { environmentsAlone } from './errors.ts'
import { layout } from './layout.ts'
import { Notes } from './notes.ts'
import { EnvironmentNumbers } from './numbers.ts'
import { EnvironmentUsers } from './users.ts'

/** A durable server of ours with environments, and no test lanes. */
export class EnvironmentsSession implements ServiceSession<RedisLane> {
  readonly version: string
  readonly product: string
  readonly snapshots: RedisSnapshots
  readonly environments: RedisEnvironments
  readonly #parts: EnvironmentsParts

  private constructor(parts: EnvironmentsParts) {
    const { administrator, facts, numbers, context, template } = parts
    this.version = facts.version
    this.product = facts.name
    this.snapshots = new RedisSnapshots(new Place(administrator, facts, numbers, context), template)
    this.environments = new RedisEnvironments(parts)
    this.#parts = parts
  }

  /** @throws ISOLANE_SERVER_UNREACHABLE, ISOLANE_VERSION_UNSUPPORTED, ISOLANE_START_FAILED */
  static async open(instance: Instance, options: RedisOptions, context: ServiceContext): Promise<EnvironmentsSession> {
    context.signal.throwIfAborted()
    const { credentials } = instance.endpoint
    const administrator = await Administrator.connect(instance.endpoint, layout.notes)
    try {
      const facts = await inspect(administrator, options, context)
      const access = await probeAccess(administrator, 'environments')
      const numbers = new EnvironmentNumbers(administrator, context)
      const notes = new Notes(administrator)
      const users = new EnvironmentUsers({ administrator, access, notes, credentials })
      await numbers.sweep()
      await users.removeOthers(context.environments ?? [])
      if (!access.confines) tellLimits(facts, context)
      const server = { instance, context, administrator, facts, numbers }
      const seedUsers = new OwnUsers({ administrator, access, context, prefix: '', mayVanish: false })
      const template = new RedisTemplate({ ...server, options, users: seedUsers, alone: false })
      return new EnvironmentsSession({ ...server, notes, users, template })
    } catch (error) {
      administrator.close()
      throw error
    }
  }

  async prepare(template: Template): Promise<void> {
    await this.#parts.template.prepare(template)
  }

  async createLane(): Promise<RedisLane> {
    throw environmentsAlone(this.#parts.context)
  }

  async resetLane(lane: LaneId, options: ResetOptions): Promise<void> {
    await this.environments.reset(lane, options)
  }

  /** There are none; environments stay. */
  async dropLane(): Promise<void> {}

  async details(): Promise<Readonly<Record<string, string>>> {
    return { databases: this.#parts.numbers.describe() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.administrator.close()
  }
}

/** What programs could do to another environment is said, not hoped. */
function tellLimits({ name, version }: ServerFacts, context: ServiceContext): void {
  const text = `${name} ${version} can't keep a user inside one DB number (Valkey from 9.1 on can): a program whose client ignores REDIS_DB works in DB 0, whichever environment it is for`
  context.report({ kind: 'warning', subject: context.name, text })
}
