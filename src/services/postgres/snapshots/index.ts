import type {
  LaneId,
  LaneMark,
  LoadedState,
  SnapshotSupport,
  StateReader,
  StateSummary,
  StateWriter,
} from '../../../core/contracts.ts'
import { loadState } from './load.ts'
import { markLane } from './marks.ts'
import { Moment } from './moment.ts'
import type { SnapshotParts } from './parts.ts'
import { besideFile, dump } from './save.ts'
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
      return Moment.of(this.#parts.server, database, async (moment) => {
        await moment.refuseSecrets()
        const name = await moment.export()
        const beside = await moment.besideDump()
        await dump(tools, database, name, files)
        await files.write(besideFile, [Buffer.from(JSON.stringify(beside))])
        const contents = await moment.contents(beside)
        await contents.write(files)
        return moment.summary(contents, beside.schema, nameOf(tools))
      })
    })
  }

  describe(id: LaneId): Promise<StateSummary> {
    const { database } = this.#parts.lane(id)
    return this.#parts.work(async () => {
      const tools = await this.#findTools()
      return Moment.of(this.#parts.server, database, async (moment) => {
        const beside = await moment.besideDump()
        return moment.summary(await moment.contents(beside), beside.schema, nameOf(tools))
      })
    })
  }

  load(id: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState> {
    const lane = this.#parts.lane(id)
    return this.#parts.work(() =>
      loadState({ ...this.#parts, tools: (major) => this.#findTools(major) }, lane, files, saved),
    )
  }

  mark(id: LaneId): Promise<LaneMark> {
    const lane = this.#parts.lane(id)
    return this.#parts.work(() => markLane(this.#parts, lane))
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

function nameOf({ version }: Tools): string {
  return `pg_dump ${version}`
}
