import { randomBytes } from 'node:crypto'
import type { Instance, LaneId, ResetOptions, ServiceContext, ServiceSession, Template } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { runStep } from '../../core/template-steps.ts'
import { type Access, probeAccess, setUser } from './access.ts'
import { Administrator, type Command, failed } from './client.ts'
import { databaseOf, databases } from './databases.ts'
import { inspect, type ServerFacts } from './inspect.ts'
import { env, makeLane } from './lane.ts'
import type { RedisLane, RedisOptions } from './options.ts'
import { cloneScript, completeScript, emptyScript, pageSize, whichScript } from './scripts.ts'
import { TemplateCopy } from './template-copy.ts'

/** The user that a seed works as. */
const seeder = 'isolane_seed'

interface Parts {
  readonly instance: Instance
  readonly options: RedisOptions
  readonly context: ServiceContext
  readonly administrator: Administrator
  readonly facts: ServerFacts
  readonly access: Access
}

/** A DB number and a user for each lane, all cloned from one template. */
export class RedisSession implements ServiceSession<RedisLane> {
  readonly version: string
  readonly #parts: Parts
  readonly #lanes = new Set<number>()
  #copy: TemplateCopy | undefined
  #warnedOfStrays = false

  private constructor(parts: Parts) {
    this.#parts = parts
    this.version = parts.facts.version
  }

  static async open(instance: Instance, options: RedisOptions, context: ServiceContext): Promise<RedisSession> {
    context.signal.throwIfAborted()
    if (!instance.owned) throw notOurs(context)
    const administrator = await Administrator.connect(instance.endpoint)
    try {
      const facts = await inspect(administrator, instance, options, context)
      const access = await probeAccess(administrator, context.maximumLanes === 1)
      return new RedisSession({ instance, options, context, administrator, facts, access })
    } catch (error) {
      administrator.close()
      throw error
    }
  }

  async prepare(template: Template): Promise<void> {
    const { administrator, access, instance } = this.#parts
    const present = await administrator.send('EVAL', whichScript, 0, databases.notes)
    if (present !== template.fingerprint) await this.#makeTemplate(template)
    if (access.alone) this.#copy = await TemplateCopy.take(instance.endpoint)
  }

  async createLane(lane: LaneId): Promise<RedisLane> {
    const { instance, facts, access, administrator } = this.#parts
    const database = databaseOf(lane, facts.databases)
    const password = newPassword()
    try {
      await this.#clone(database, [])
      await administrator.send(...setUser(access, lane.name, password, database))
    } catch (error) {
      const remedy = 'look at the server with `isolane logs`'
      throw failed('ISOLANE_LANE_FAILED', `${lane.name} could not be made in Redis DB ${database}`, remedy, error)
    }
    this.#lanes.add(lane.number)
    return makeLane({
      endpoint: instance.endpoint,
      username: lane.name,
      password,
      database,
      server: facts.name,
      version: facts.version,
    })
  }

  async resetLane(lane: LaneId, { connections }: ResetOptions): Promise<void> {
    const { facts, access } = this.#parts
    if (!this.#lanes.has(lane.number)) throw noLane(lane)
    const database = databaseOf(lane, facts.databases)
    const before: Command[] = []
    // Ends whatever the holder left behind: blocked reads, half a transaction, subscriptions.
    if (connections === 'close') before.push(['CLIENT', 'KILL', 'USER', lane.name])
    if (access.alone && access.hasFunctions) before.push(['FUNCTION', 'FLUSH'])
    try {
      await this.#clone(database, before)
    } catch (error) {
      const remedy = 'look at the server with `isolane logs`'
      throw failed('ISOLANE_RESET_FAILED', `${lane.name} could not be reset in Redis DB ${database}`, remedy, error)
    }
  }

  async dropLane(lane: LaneId): Promise<void> {
    const { administrator, facts } = this.#parts
    if (!this.#lanes.delete(lane.number)) return
    await administrator.sendAll([
      ['ACL', 'DELUSER', lane.name],
      ['EVAL', emptyScript, 0, databaseOf(lane, facts.databases)],
    ])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.administrator.close()
  }

  async #makeTemplate(template: Template): Promise<void> {
    const { administrator, options } = this.#parts
    // The notes go first: without them the template counts as incomplete.
    await administrator.send('EVAL', emptyScript, 0, databases.notes, databases.template)
    if (options.seed !== undefined) await this.#seed()
    const complete = [databases.template, databases.notes, databases.nobodys, template.fingerprint]
    this.#warnOfStrays(Number(await administrator.send('EVAL', completeScript, 0, ...complete)))
    if (options.seed !== undefined && template.cacheable) await this.#keep(template)
  }

  async #seed(): Promise<void> {
    const { administrator, instance, options, context, facts, access } = this.#parts
    const password = newPassword()
    await administrator.send(...setUser({ ...access, alone: false }, seeder, password, databases.template))
    const lane = makeLane({
      endpoint: instance.endpoint,
      username: seeder,
      password,
      database: databases.template,
      server: facts.name,
      version: facts.version,
    })
    try {
      await runStep<RedisLane>(options.seed, {
        purpose: 'seed',
        service: context.name,
        root: context.root,
        signal: context.signal,
        extensions: [],
        context: { lane, env: env(lane) },
        runFile: async () => {},
      })
    } finally {
      // Takes the seed's connections with it, if it left any open.
      await administrator.send('ACL', 'DELUSER', seeder)
    }
  }

  /** Only while nothing but the template is in the server: its file holds all databases. */
  async #keep(template: Template): Promise<void> {
    const { administrator, instance, context } = this.#parts
    if (!instance.save) return
    const keyspace = String(await administrator.send('INFO', 'keyspace'))
    const occupied = [...keyspace.matchAll(/^db(\d+):/gm)].map((line) => Number(line[1]))
    if (occupied.some((database) => database > databases.template)) return
    try {
      await administrator.send('SAVE')
      await instance.save(template.fingerprint)
    } catch (error) {
      const text = `the template could not be kept for later runs (${error instanceof Error ? error.message : error})`
      context.report({ kind: 'warning', subject: context.name, text })
    }
  }

  /** Makes the database equal to the template, in one round trip as long as that has few keys. */
  async #clone(database: number, before: readonly Command[]): Promise<void> {
    const { administrator } = this.#parts
    const page = (cursor: string): Command => {
      const { template, notes, nobodys } = databases
      return ['EVAL', cloneScript, 0, database, template, notes, nobodys, pageSize, cursor]
    }
    let [next, strays] = (await administrator.sendAll([...before, page('start')])).at(-1) as [string, number]
    if (next === 'gone') {
      if (!this.#copy) throw templateGone()
      await this.#copy.restore()
      ;[next, strays] = (await administrator.send(...page('start'))) as [string, number]
    }
    while (next !== '0') [next] = (await administrator.send(...page(next))) as [string]
    this.#warnOfStrays(strays)
  }

  #warnOfStrays(count: number): void {
    if (count === 0 || this.#warnedOfStrays) return
    this.#warnedOfStrays = true
    const { context } = this.#parts
    const keys = count === 1 ? '1 key was' : `${count} keys were`
    const text = `${keys} in Redis DB 0, which is no lane's, and removed: a client ignored REDIS_DB (connect with REDIS_URL, or pass it as the client's database)`
    context.report({ kind: 'warning', subject: context.name, text })
  }
}

function newPassword(): string {
  return randomBytes(18).toString('base64url')
}

/** Only what this session made is ever emptied. */
function noLane(lane: LaneId): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RESET_FAILED',
    message: `There is no Redis lane ${lane.name} to reset`,
    remedy: 'make it first; it may have been dropped',
  })
}

function templateGone(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_TEMPLATE_FAILED',
    message: 'The Redis template is gone from its server',
    remedy: 'prepare it before lanes are made; if something empties the whole server, use `isolation: "instance"`',
  })
}

function notOurs(context: ServiceContext): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `The Redis server of ${context.name} was not started by Isolane, and lanes in such servers are not supported yet`,
    remedy: 'let Isolane start one',
  })
}
