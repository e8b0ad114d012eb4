import { mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Instance, LaneId, ResetOptions, ServiceContext, ServiceSession, Template } from '../../core/contracts.ts'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import { laneEndpoint } from './lane.ts'
import type { SqliteLane, SqliteOptions } from './options.ts'
import { ProgramClient } from './program-client.ts'
import { SqliteSnapshots } from './snapshots.ts'
import { cloneTemplate, ensureTemplate, removeCompanions, runStepsOn } from './template.ts'

/** A folder per lane with a copy of the template in it. */
export class SqliteSession implements ServiceSession<SqliteLane> {
  readonly version = process.versions.sqlite ?? ''
  readonly #folder: string
  readonly #options: SqliteOptions
  readonly #context: ServiceContext
  readonly #program = new ProgramClient()
  readonly snapshots = new SqliteSnapshots(this.#program, {
    fileOf: (lane) => this.#file(lane),
    prepareBy: (template, begin, migrations) =>
      this.#prepareBy(template, async (file) => {
        await begin(file)
        await this.#run(file, migrations === undefined ? {} : { migrations })
      }),
  })
  /** The database's file by lane. */
  readonly #files = new Map<string, string>()
  #template: string | undefined

  constructor(instance: Instance, options: SqliteOptions, context: ServiceContext) {
    const { privateFolder } = instance.endpoint
    if (privateFolder === undefined) throw noFolder(context.name)
    this.#folder = privateFolder
    this.#options = options
    this.#context = context
  }

  async prepare(template: Template): Promise<void> {
    await this.#prepareBy(template, (file) => this.#run(file, this.#options))
  }

  async createLane(lane: LaneId): Promise<SqliteLane> {
    // A new folder each time: whoever still has an earlier lane of this name open never meets this one's files.
    const folder = await mkdtemp(join(this.#folder, `${lane.name}-`))
    const file = join(folder, 'lane.db')
    await cloneTemplate(this.#prepared(), file)
    this.#files.set(lane.name, file)
    return laneEndpoint(file)
  }

  async resetLane(lane: LaneId, { connections }: ResetOptions): Promise<void> {
    const file = this.#file(lane)
    if (connections === 'keep') await this.#restore(lane, file)
    else await this.#replace(lane, file)
  }

  async dropLane(lane: LaneId): Promise<void> {
    const file = this.#file(lane)
    this.#files.delete(lane.name)
    // Windows removes no file that is open; whoever has it open is about to end.
    await rm(dirname(file), { recursive: true, force: true, maxRetries: 10 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]()
  }

  async #prepareBy(template: Template, fill: (file: string) => Promise<void>): Promise<void> {
    this.#template = await ensureTemplate(this.#folder, template, fill, this.#context, this.#program)
  }

  #run(file: string, steps: SqliteOptions): Promise<void> {
    return runStepsOn(file, steps, this.#context, this.#program)
  }

  /** Into the file as it is: connections to it stay, and see the template's state with their next statement. */
  async #restore(lane: LaneId, file: string): Promise<void> {
    const failure = await this.#program.perform({ work: 'copy', from: this.#prepared(), to: file })
    if (!failure) return
    throw new IsolaneError({
      code: 'ISOLANE_RESET_FAILED',
      message: `The database of ${lane.name} can not be made clean again: ${failure.message}`,
      remedy: failure.locked
        ? 'end the transaction, or the half-read query, that the test has left open'
        : 'see what the test has done to the file; the next lease gets a new one',
    })
  }

  /** Whoever still has the old files open goes on with those, unseen. */
  async #replace(lane: LaneId, file: string): Promise<void> {
    const next = `${file}.next`
    try {
      await cloneTemplate(this.#prepared(), next)
      await removeCompanions(file)
      await rename(next, file)
    } catch (error) {
      throw new IsolaneError({
        code: 'ISOLANE_RESET_FAILED',
        message: `The database of ${lane.name} can not be replaced: ${messageOf(error)}`,
        remedy: 'see whether a program of the test still has it open',
        cause: error,
      })
    }
  }

  #prepared(): string {
    if (this.#template !== undefined) return this.#template
    throw new IsolaneError({
      code: 'ISOLANE_LANE_FAILED',
      message: `${this.#context.name} has no template yet`,
      remedy: 'call `prepare` before `createLane`',
    })
  }

  #file(lane: LaneId): string {
    const file = this.#files.get(lane.name)
    if (file !== undefined) return file
    throw new IsolaneError({
      code: 'ISOLANE_LANE_LOST',
      message: `${this.#context.name} has no lane ${lane.name}`,
      remedy: 'create it first',
    })
  }
}

function noFolder(service: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `${service} keeps its lanes in files, and this runtime has no folder for them`,
    remedy: 'leave its runtime out of the config',
  })
}
