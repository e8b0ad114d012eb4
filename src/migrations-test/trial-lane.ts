import type { Effects, LaneEndpoint, MigrationSession, MigrationSupport } from '../core/contracts.ts'
import { IsolaneError } from '../core/errors.ts'
import { HeldLane, type LaneSource } from '../core/held-lane.ts'
import { lastLines, runStepCommand } from '../core/step-command.ts'

export interface TrialLaneOptions {
  readonly source: LaneSource
  readonly service: string
  readonly support: MigrationSupport
  /** Where commands run. */
  readonly root: string
  readonly signal: AbortSignal
}

/** A database that migrations are tried on. */
export class TrialLane implements AsyncDisposable {
  readonly session: MigrationSession
  readonly endpoint: LaneEndpoint
  readonly #held: HeldLane
  readonly #options: TrialLaneOptions

  private constructor(held: HeldLane, endpoint: LaneEndpoint, options: TrialLaneOptions) {
    this.#held = held
    this.#options = options
    this.endpoint = endpoint
    this.session = options.support.open(endpoint, options.signal)
  }

  /** @param what for people who ask who holds the lane */
  static async lease(options: TrialLaneOptions, what: string): Promise<TrialLane> {
    const held = await HeldLane.lease(options.source, { what })
    const endpoint = held.lane.endpoints[options.service]
    if (!endpoint) throw new Error(`no service ${options.service}`)
    return new TrialLane(held, endpoint, options)
  }

  /** Its variables, which commands get. */
  get env(): Readonly<Record<string, string>> {
    return this.#held.lane.env
  }

  /**
   * Runs a command of the user's with the lane's environment.
   * @throws ISOLANE_MIGRATION_FAILED with what it wrote
   */
  async command(command: string): Promise<Effects & { readonly output: string }> {
    const { root, signal } = this.#options
    let output = ''
    const effects = await this.session.watch(async () => {
      const outcome = await runStepCommand({ command, root, signal, lane: this.endpoint, env: this.env })
      if (outcome.failure === undefined) output = outcome.output
      else throw commandFailed(command, outcome.failure, outcome.output)
    })
    return { ...effects, output }
  }

  /** Does something, and has the database as it was before, whatever came of it. */
  async undone<Result>(work: () => Promise<Result>): Promise<Result> {
    const mark = 'before'
    await this.#held.mark(mark)
    try {
      return await work()
    } finally {
      await this.#held.restoreMark(mark)
      await this.#held.forgetMarks()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]()
    this.#held.release()
  }
}

function commandFailed(command: string, failure: string, output: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_MIGRATION_FAILED',
    message: `\`${command}\` failed (${failure})`,
    remedy: 'its output is below',
    output: lastLines(output),
  })
}
