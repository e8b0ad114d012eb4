import type { Instance, ServiceContext, Template } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { runSteps } from '../../core/template-steps.ts'
import type { Administrator, Command } from './client.ts'
import { holdsEnvironments } from './environments/layout.ts'
import type { ServerFacts } from './inspect.ts'
import { env, makeLane } from './lane.ts'
import type { LaneUsers } from './lane-users.ts'
import type { Numbers } from './numbers.ts'
import type { RedisLane, RedisOptions } from './options.ts'
import { databases } from './own-numbers.ts'
import { TemplateCopy } from './template-copy.ts'

export interface TemplateParts {
  readonly instance: Instance
  readonly options: RedisOptions
  readonly context: ServiceContext
  readonly administrator: Administrator
  readonly facts: ServerFacts
  readonly numbers: Numbers
  /** Whom the seed works as. */
  readonly users: LaneUsers
  /** A single lane, which may empty the whole server: the template is kept in our memory too. */
  readonly alone: boolean
}

const seeder = 'seed'

/** What lanes begin with: made once, copied into each. */
export class RedisTemplate {
  readonly #parts: TemplateParts
  #template: Template | undefined
  #fill: ((database: number) => Promise<void>) | undefined
  #copy: TemplateCopy | undefined
  #making: Promise<void> | undefined
  #warnedOfStrays = false

  constructor(parts: TemplateParts) {
    this.#parts = parts
  }

  /** Of what was prepared. @throws ISOLANE_TEMPLATE_FAILED when nothing was */
  get fingerprint(): string {
    if (!this.#template) throw templateGone()
    return this.#template.fingerprint
  }

  async prepare(template: Template): Promise<void> {
    const { instance, options } = this.#parts
    // In a server of others an empty template is not worth a number: few are granted, as a rule.
    if (!instance.owned && options.seed === undefined) return
    await this.prepareBy(template, options.seed === undefined ? undefined : (database) => this.#seed(database))
  }

  /** @param fill puts into an empty database what lanes are to begin with. It may be called again, when that was lost. */
  async prepareBy(template: Template, fill: ((database: number) => Promise<void>) | undefined): Promise<void> {
    const { administrator, instance, numbers, alone } = this.#parts
    this.#template = undefined
    this.#fill = fill
    // A template that stays may be older than what its seed depends on, where that is not all known.
    const isSure = template.cacheable || !holdsEnvironments(this.#parts.context)
    const found = await administrator.send(...numbers.find())
    if (found !== template.fingerprint || !isSure) await this.#make(template)
    this.#template = template
    if (alone) this.#copy = await TemplateCopy.take(instance.endpoint)
  }

  /**
   * Makes the database equal to the template, in one round trip as long as that has few keys. `false`: the database is
   * no longer ours, and was left alone.
   */
  async clone(database: number, before: readonly Command[]): Promise<boolean> {
    const { administrator, numbers } = this.#parts
    const start = async () => (await administrator.send(...numbers.clone(database, 'start'))) as [string, number]
    const replies = await administrator.sendAll([...before, numbers.clone(database, 'start')])
    let [next, strays] = replies.at(-1) as [string, number]
    if (next === 'lost' && (await numbers.regain(database))) [next, strays] = await start()
    if (next === 'gone') {
      await this.#bringBack()
      ;[next, strays] = await start()
    }
    while (next !== '0') {
      if (next === 'lost') return false
      if (next === 'gone') throw templateGone()
      ;[next] = (await administrator.send(...numbers.clone(database, next))) as [string]
    }
    this.#warnOfStrays(strays)
    return true
  }

  async #bringBack(): Promise<void> {
    const template = this.#template
    if (this.#copy) return this.#copy.restore()
    if (this.#parts.instance.owned || !template) throw templateGone()
    this.#making ??= this.#make(template).finally(() => {
      this.#making = undefined
    })
    await this.#making
  }

  async #make(template: Template): Promise<void> {
    const { administrator, numbers } = this.#parts
    const database = await numbers.beginTemplate()
    await this.#fill?.(database)
    this.#warnOfStrays(Number(await administrator.send(...numbers.completeTemplate(template.fingerprint))))
    // What environments hold is no template for others.
    if (this.#fill && template.cacheable && !holdsEnvironments(this.#parts.context)) await this.#keep(template)
  }

  async #seed(database: number): Promise<void> {
    const { instance, options, context, facts, users } = this.#parts
    const lane = makeLane({
      endpoint: instance.endpoint,
      ...(await users.make(seeder, database)),
      database,
      server: facts.name,
      version: facts.version,
    })
    try {
      await runSteps<RedisLane>(options, { context, lane, env: env(lane), extensions: [], runFile: async () => {} })
    } finally {
      // Takes the seed's connections with it, if it left any open.
      await users.remove(seeder)
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

  #warnOfStrays(count: number): void {
    if (count === 0 || this.#warnedOfStrays) return
    this.#warnedOfStrays = true
    const { context } = this.#parts
    const keys = count === 1 ? '1 key was' : `${count} keys were`
    const text = `${keys} in Redis DB 0, which is no lane's, and removed: a client ignored REDIS_DB (connect with REDIS_URL, or pass it as the client's database)`
    context.report({ kind: 'warning', subject: context.name, text })
  }
}

function templateGone(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_TEMPLATE_FAILED',
    message: 'The Redis template is gone from its server',
    remedy: 'prepare it before lanes are made; if something empties the whole server, use `isolation: "instance"`',
  })
}
