import type { Instance, LaneId, ServiceContext, ServiceSession, SnapshotSupport } from '../../core/contracts.ts'
import { type ErrorCode, IsolaneError, messageOf } from '../../core/errors.ts'
import { imageParts } from './image.ts'
import { laneEndpoint, laneServer } from './lane.ts'
import type { ContainerLane, ContainerOptions, ContainerServer, LaneFields } from './options.ts'
import { ContainerSnapshots, type LaneFiles } from './snapshots.ts'

interface MadeLane {
  readonly server: ContainerServer
  readonly lane: ContainerLane
}

/** Lanes that the user's own functions make, empty and drop. */
export class ContainerSession implements ServiceSession<ContainerLane> {
  readonly version: string
  readonly snapshots: SnapshotSupport | { readonly unsupported: string }
  readonly #instance: Instance
  readonly #options: ContainerOptions
  readonly #context: ServiceContext
  readonly #lanes = new Map<string, MadeLane>()
  /** What lanes begin with, in place of the seed. */
  #begin: ((lane: LaneId) => Promise<void>) | undefined

  constructor(instance: Instance, options: ContainerOptions, context: ServiceContext) {
    this.version = imageParts(options.image).tag
    this.#instance = instance
    this.#options = options
    this.#context = context
    this.snapshots = this.#snapshots()
  }

  /** There is no template: each lane is seeded by itself. */
  async prepare(): Promise<void> {}

  async createLane(id: LaneId): Promise<ContainerLane> {
    const { lane: functions } = this.#options
    const server = laneServer(this.#instance, id)
    const failed = { code: 'ISOLANE_LANE_FAILED', what: `${id.name} can't be made` } as const
    const fields = await this.#ask('lane.create', failed, () => functions?.create(server))
    const made = { server, lane: laneEndpoint(server, this.version, checkFields(fields ?? {})) }
    this.#lanes.set(id.name, made)
    try {
      // A server that stays up may still have what an earlier lane of this name left.
      await this.#ask('lane.reset', failed, () => functions?.reset(server, made.lane))
      await this.#fill(id, failed)
      return made.lane
    } catch (error) {
      await this.dropLane(id).catch(() => {})
      throw error
    }
  }

  async resetLane(id: LaneId): Promise<void> {
    const made = this.#lane(id)
    const { lane: functions } = this.#options
    if (!functions) throw noReset(this.#context.name, id)
    const failed = { code: 'ISOLANE_RESET_FAILED', what: `${id.name} can't be made clean` } as const
    await this.#ask('lane.reset', failed, () => functions.reset(made.server, made.lane))
    await this.#fill(id, failed)
  }

  async dropLane(id: LaneId): Promise<void> {
    const { server, lane } = this.#lane(id)
    this.#lanes.delete(id.name)
    const { lane: functions } = this.#options
    const failed = { code: 'ISOLANE_LANE_FAILED', what: `${id.name} can't be dropped` } as const
    if (functions?.drop) await this.#ask('lane.drop', failed, () => functions.drop?.(server, lane))
    else await this.#ask('lane.reset', failed, () => functions?.reset(server, lane))
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #snapshots(): SnapshotSupport | { readonly unsupported: string } {
    const { snapshot } = this.#options
    if (!snapshot) return { unsupported: '`container()` has no `snapshot` in the config, which says how' }
    const { temporaryFolder } = this.#context
    if (!temporaryFolder) return { unsupported: 'there is no folder to save its lanes into' }
    const functions: LaneFiles = {
      temporaryFolder,
      save: async (id, folder) => {
        const { server, lane } = this.#lane(id)
        const failed = { code: 'ISOLANE_SNAPSHOT_FAILED', what: `${id.name} can't be saved` } as const
        await this.#ask('snapshot.save', failed, () => snapshot.save(server, lane, folder))
      },
      load: async (id, folder) => {
        const { server, lane } = this.#lane(id)
        const failed = { code: 'ISOLANE_RESTORE_FAILED', what: `${id.name} can't be brought back` } as const
        await this.#ask('snapshot.load', failed, () => snapshot.load(server, lane, folder))
      },
      beginWith: (begin) => {
        this.#begin = begin
      },
    }
    return new ContainerSnapshots(functions, this.version)
  }

  async #fill(id: LaneId, failed: Failed): Promise<void> {
    const { server, lane } = this.#lane(id)
    if (this.#begin) await this.#begin(id)
    else await this.#ask('seed', failed, () => this.#options.seed?.(server, lane))
  }

  /** @throws `failed.code` when a function of the user's throws. */
  async #ask<Result>(option: string, { code, what }: Failed, call: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await call()
    } catch (error) {
      const { password } = this.#instance.endpoint.credentials
      const why = messageOf(error).split('\n')[0]?.replaceAll(password, '•••')
      throw new IsolaneError({
        code,
        message: `${this.#context.name}: ${what}, as \`${option}\` of the config threw: ${why}`,
        remedy: `correct \`${option}\`; \`isolane logs ${this.#context.name}\` shows what the server wrote`,
        cause: error,
      })
    }
  }

  #lane(id: LaneId): MadeLane {
    const made = this.#lanes.get(id.name)
    if (made) return made
    throw new IsolaneError({
      code: 'ISOLANE_LANE_LOST',
      message: `${this.#context.name} has no lane ${id.name}`,
      remedy: 'create it first',
    })
  }
}

interface Failed {
  readonly code: ErrorCode
  readonly what: string
}

function checkFields(fields: LaneFields): LaneFields {
  const wrong = Object.entries(fields).find(([, value]) => typeof value !== 'string' && typeof value !== 'number')
  if (!wrong) return fields
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `container: \`lane.create\` returned "${wrong[0]}", which is neither a text nor a number`,
    remedy: 'return plain values; what your tests connect with is theirs to open',
  })
}

/** Only the holder's own reset gets here to be seen: a lane that changes hands is replaced. */
function noReset(service: string, { name }: LaneId): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RESET_FAILED',
    message: `${service}: ${name} is a container of its own, and nothing says how to empty it`,
    remedy: "give `container()` a `lane` with `create` and `reset`, or set `reset: 'never'`",
  })
}
