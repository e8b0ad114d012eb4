import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
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
} from '../../core/contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../../core/errors.ts'
import { contentsFile } from '../../core/state-contents.ts'
import { writeFailed } from '../../core/state-files.ts'
import type { Step } from '../../core/template-steps.ts'
import type { ProgramClient } from './program-client.ts'
import type { Description } from './protocol.ts'

const format = 'sqlite'
const databaseFile = 'database'

/** Bytes that a row takes in the list of contents, compressed. */
const rowBytes = 24

/** What compression adds to files that are nearly empty. */
const leastBytes = 4_096

/** What the session does for them. */
export interface Lanes {
  fileOf(lane: LaneId): string
  /**
   * Makes the template: of what `begin` puts into its file, and then of migrations.
   * @throws ISOLANE_MIGRATION_FAILED, ISOLANE_TEMPLATE_FAILED
   */
  prepareBy(template: Template, begin: (file: string) => Promise<void>, migrations: Step | undefined): Promise<void>
}

/**
 * A state is a copy that SQLite's backup API makes: of one moment, with what is still in the write-ahead log. It comes back
 * in the same way, so connections that are open see it.
 */
export class SqliteSnapshots implements SnapshotSupport {
  readonly #program: ProgramClient
  readonly #lanes: Lanes

  constructor(program: ProgramClient, lanes: Lanes) {
    this.#program = program
    this.#lanes = lanes
  }

  async size(lane: LaneId): Promise<number> {
    const { bytes, rows } = await this.#program.measure(this.#lanes.fileOf(lane))
    return leastBytes + bytes + rows * rowBytes
  }

  async save(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    await using copy = await this.#copyOf(lane)
    const contents = `${copy.file}.contents`
    const description = await this.#program.describe(copy.file, contents)
    await files.write(databaseFile, createReadStream(copy.file))
    await files.write(contentsFile, createReadStream(contents))
    return summary(description)
  }

  async describe(lane: LaneId): Promise<StateSummary> {
    await using copy = await this.#copyOf(lane)
    return summary(await this.#program.describe(copy.file))
  }

  async load(lane: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState> {
    const file = this.#lanes.fileOf(lane)
    const scratch = await Scratch.beside(file)
    try {
      await this.#unpack(files, saved, scratch.file)
    } catch (error) {
      await scratch[Symbol.asyncDispose]()
      throw error
    }
    const before = `${scratch.file}.before`
    let isKept = false
    return {
      swap: async () => {
        await this.#copy(file, before)
        isKept = true
        await this.#copy(scratch.file, file)
      },
      swapBack: async () => {
        if (isKept) await this.#copy(before, file)
      },
      [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
    }
  }

  async mark(lane: LaneId): Promise<LaneMark> {
    const file = this.#lanes.fileOf(lane)
    const copy = await this.#copyOf(lane)
    return {
      restore: () => this.#copy(copy.file, file),
      [Symbol.asyncDispose]: () => copy[Symbol.asyncDispose](),
    }
  }

  async prepareFrom(template: Template, { files, saved, migrations }: SavedStart): Promise<void> {
    await this.#lanes.prepareBy(template, (file) => this.#unpack(files, saved, file), migrations)
  }

  /** @throws ISOLANE_SNAPSHOT_REFUSED, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_DISK_FULL */
  async #unpack(files: StateReader, saved: StateSummary, file: string): Promise<void> {
    if (saved.format !== format) throw otherFormat(saved)
    await pipeline(files.read(databaseFile), createWriteStream(file, { mode: 0o600 })).catch((error) => {
      throw writeFailed(error, dirname(file), 'free some there, where the lanes are; nothing was changed')
    })
    const found = await this.#program.describe(file).catch((error) => {
      throw isNewer(saved.version) && !isIsolaneError(error) ? unreadable(saved, error) : error
    })
    checkEqual(found, saved)
  }

  async #copyOf(lane: LaneId): Promise<Scratch> {
    const file = this.#lanes.fileOf(lane)
    const scratch = await Scratch.beside(file)
    try {
      await this.#copy(file, scratch.file)
      return scratch
    } catch (error) {
      await scratch[Symbol.asyncDispose]()
      throw error
    }
  }

  async #copy(from: string, to: string): Promise<void> {
    const failure = await this.#program.perform({ work: 'copy', from, to })
    if (!failure) return
    const hint = failure.locked ? '; a transaction or a half-read query was left open' : ''
    throw new Error(`SQLite: ${failure.message}${hint}`)
  }
}

/** A folder in the lane's own, so that it goes with the lane at the latest. */
class Scratch implements AsyncDisposable {
  readonly folder: string
  readonly file: string

  private constructor(folder: string) {
    this.folder = folder
    this.file = join(folder, 'copy.db')
  }

  static async beside(file: string): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(dirname(file), 'copy-')))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

const ownVersion = process.versions.sqlite ?? ''

function summary(description: Description): StateSummary {
  return { format, version: ownVersion, details: {}, ...description }
}

function isNewer(version: string): boolean {
  return version.localeCompare(ownVersion, 'en', { numeric: true }) > 0
}

/** @throws ISOLANE_SNAPSHOT_DAMAGED */
function checkEqual(found: Description, { schema, digests }: StateSummary): void {
  const wrong = Object.keys({ ...digests, ...found.digests }).find((table) => digests[table] !== found.digests[table])
  if (wrong === undefined && found.schema === schema) return
  const what = wrong === undefined ? 'its schema is another one' : `table ${wrong} has other rows`
  throw new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_DAMAGED',
    message: `The SQLite database of the snapshot is not what its manifest says: ${what}`,
    remedy: 'use another snapshot, or another copy of this one; nothing was changed',
  })
}

/** Most of what a newer SQLite writes an older one reads, so only a failure tells. */
function unreadable({ version }: StateSummary, error: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message: `The snapshot is of SQLite ${version}, and ${ownVersion} can't read it: ${messageOf(error)}`,
    remedy: 'restore it with a Node whose SQLite is as new (`node -p process.versions.sqlite`); nothing was changed',
    cause: error,
  })
}

function otherFormat(saved: StateSummary): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message: `The snapshot of the SQLite database is in the format ${saved.format}, and not in ${format}`,
    remedy: 'restore it with the version of isolane that made it',
  })
}
