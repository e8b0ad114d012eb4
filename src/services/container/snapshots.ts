import type {
  LaneId,
  LaneMark,
  LoadedState,
  SavedStart,
  SnapshotSupport,
  StateReader,
  StateSummary,
  StateWriter,
  Template,
  TemporaryFolder,
} from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { PackedFolder } from './packed-folder.ts'

const format = 'files'

/** The user's functions, for a lane by its name. */
export interface LaneFiles {
  /** @throws ISOLANE_SNAPSHOT_FAILED */
  save(lane: LaneId, folder: string): Promise<void>
  /** @throws ISOLANE_RESTORE_FAILED */
  load(lane: LaneId, folder: string): Promise<void>
  /** An empty one. */
  temporaryFolder(): Promise<TemporaryFolder>
  /** From now on lanes that are made, and those that are reset, are filled in this way. */
  beginWith(fill: (lane: LaneId) => Promise<void>): void
}

/**
 * A state is a folder of files that the user's own functions write and read. There is no room beside a lane to load one
 * into, so what the lane had is saved first, in the same way.
 */
export class ContainerSnapshots implements SnapshotSupport {
  readonly #functions: LaneFiles
  readonly #version: string

  /** @param version of the server */
  constructor(functions: LaneFiles, version: string) {
    this.#functions = functions
    this.#version = version
  }

  /** Nobody but `save` can tell, so it is asked. */
  async size(lane: LaneId): Promise<number> {
    await using folder = await this.#saved(lane)
    return await folder.size()
  }

  async save(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    await using folder = await this.#saved(lane)
    const contents = await folder.contents()
    await folder.pack(files)
    await contents.write(files)
    return this.#summary(contents.summary())
  }

  async describe(lane: LaneId): Promise<StateSummary> {
    await using folder = await this.#saved(lane)
    return this.#summary((await folder.contents()).summary())
  }

  async load(lane: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState> {
    const folder = await this.#unpacked(files, saved)
    let before: PackedFolder | undefined
    return {
      swap: async () => {
        before = await this.#saved(lane)
        await this.#functions.load(lane, folder.path)
      },
      swapBack: async () => {
        if (before) await this.#functions.load(lane, before.path)
      },
      [Symbol.asyncDispose]: async () => {
        await before?.[Symbol.asyncDispose]()
        await folder[Symbol.asyncDispose]()
      },
    }
  }

  async mark(lane: LaneId): Promise<LaneMark> {
    const folder = await this.#saved(lane)
    return {
      restore: () => this.#functions.load(lane, folder.path),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    }
  }

  /** Each lane is loaded from a folder of its own, as the user's function was promised. */
  async prepareFrom(_template: Template, { files, saved }: SavedStart): Promise<void> {
    // Whatever is wrong with it is said now.
    await (await this.#unpacked(files, saved))[Symbol.asyncDispose]()
    this.#functions.beginWith(async (lane) => {
      await using folder = await this.#unpacked(files, saved)
      await this.#functions.load(lane, folder.path)
    })
  }

  /** @throws ISOLANE_SNAPSHOT_REFUSED, ISOLANE_SNAPSHOT_DAMAGED */
  async #unpacked(files: StateReader, saved: StateSummary): Promise<PackedFolder> {
    if (saved.format !== format) throw otherFormat(saved)
    const folder = new PackedFolder(await this.#functions.temporaryFolder())
    try {
      await folder.unpack(files)
      const { digests } = (await folder.contents()).summary()
      if (digests.files !== saved.digests.files) throw otherFiles()
      return folder
    } catch (error) {
      await folder[Symbol.asyncDispose]()
      throw error
    }
  }

  async #saved(lane: LaneId): Promise<PackedFolder> {
    const folder = new PackedFolder(await this.#functions.temporaryFolder())
    try {
      await this.#functions.save(lane, folder.path)
      return folder
    } catch (error) {
      await folder[Symbol.asyncDispose]()
      throw error
    }
  }

  #summary(contents: Pick<StateSummary, 'counts' | 'digests'>): StateSummary {
    return { format, version: this.#version, details: {}, ...contents }
  }
}

function otherFiles(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_DAMAGED',
    message: "The snapshot's archive does not hold the files that its manifest tells of",
    remedy: 'use another snapshot, or another copy of this one; nothing was changed',
  })
}

function otherFormat(saved: StateSummary): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message: `The snapshot of the container's lane is in the format ${saved.format}, and not in ${format}`,
    remedy: 'restore it with the config that it was made with',
  })
}
