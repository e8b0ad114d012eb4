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
} from '../../../core/contracts.ts'
import type { FillParts } from './fill.ts'
import { loadState } from './load.ts'
import { markLane } from './marks.ts'
import { Moment } from './moment.ts'
import type { SnapshotParts } from './parts.ts'
import { saveDatabase } from './save.ts'
import { fromSaved } from './start.ts'
import { Tools } from './tools.ts'

/** Keeps lanes' states: as marks in the server, and as what `pg_dump` makes of them. */
export class PostgresSnapshots implements SnapshotSupport {
  readonly #parts: SnapshotParts
  #tools: Promise<Tools> | undefined

  constructor(parts: SnapshotParts) {
    this.#parts = parts
  }

  /** A database is larger than its dump, but for what is in nearly every row twice as long as text. */
  async size(id: LaneId): Promise<number> {
    const { database } = this.#parts.lane(id)
    const { pool } = await this.#parts.builder()
    const { rows } = await pool.query<{ bytes: string }>('SELECT pg_database_size($1) AS bytes', [database])
    return Number(rows[0]?.bytes ?? 0)
  }

  save(id: LaneId, files: StateWriter): Promise<StateSummary> {
    const { database } = this.#parts.lane(id)
    return this.#parts.work(async () => {
      const tools = await this.#findTools()
      return saveDatabase(this.#parts.server, tools, database, files, await this.#parts.record?.())
    })
  }

  describe(id: LaneId): Promise<StateSummary> {
    const { database } = this.#parts.lane(id)
    return this.#parts.work(async () => {
      const tools = await this.#findTools()
      return Moment.of(this.#parts.server, database, async (moment) => {
        const beside = await moment.besideDump()
        return moment.summary(await moment.contents(beside), beside.schema, tools.name)
      })
    })
  }

  load(id: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState> {
    const lane = this.#parts.lane(id)
    return this.#parts.work(() => loadState(this.#fillParts(), lane, files, saved))
  }

  mark(id: LaneId): Promise<LaneMark> {
    const lane = this.#parts.lane(id)
    return this.#parts.work(() => markLane(this.#parts, lane))
  }

  prepareFrom(template: Template, start: SavedStart): Promise<void> {
    return this.#parts.work(async () => this.#parts.prepare(template, fromSaved(this.#fillParts(), start)))
  }

  #fillParts(): SnapshotParts & FillParts {
    return { ...this.#parts, tools: (major) => this.#findTools(major) }
  }

  /** @param major the oldest that will do; they are looked for once, unless older ones were enough then */
  async #findTools(major = this.#parts.server.major): Promise<Tools> {
    this.#tools ??= Tools.find(this.#parts, this.#parts.server.major)
    try {
      const tools = await this.#tools
      return tools.major >= major ? tools : await Tools.find(this.#parts, major)
    } catch (error) {
      this.#tools = undefined
      throw error
    }
  }
}
