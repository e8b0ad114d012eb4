/** How services keep and bring back their lanes' states: part of the contracts, see contracts.ts. */
import type { LaneId, Template } from './contracts.ts'
import type { Step } from './template-steps.ts'

/** How the states of a service's lanes are kept and brought back. */
export interface SnapshotSupport {
  /** About how many bytes {@link save} will write, at most. */
  size(lane: LaneId): Promise<number>
  /** Writes the lane's state, consistent in itself. The lane goes on. */
  save(lane: LaneId, files: StateWriter): Promise<StateSummary>
  /** What {@link save} would tell of the lane as it is now. */
  describe(lane: LaneId): Promise<StateSummary>
  /**
   * Brings a saved state back beside the lane, which stays as it is, and checks there that schema and counts are as they
   * were.
   * @throws ISOLANE_SNAPSHOT_REFUSED for what this server can't take, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_RESTORE_FAILED
   */
  load(lane: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState>
  /** Keeps the lane's state where its server is: quicker than {@link save}, and gone with the server. */
  mark(lane: LaneId): Promise<LaneMark>
  /**
   * As `ServiceSession.prepare`, but the template is what was saved, and neither migrations nor seed of the options are
   * run. Absent: lanes can't begin with a saved state.
   * @throws ISOLANE_SNAPSHOT_REFUSED for what this server can't take, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_RESTORE_FAILED,
   * ISOLANE_UPGRADE_FAILED, ISOLANE_MIGRATION_FAILED
   */
  prepareFrom?(template: Template, start: SavedStart): Promise<void>
}

/** What lanes begin with instead of what migrations and seed make. */
export interface SavedStart {
  readonly files: StateReader
  readonly saved: StateSummary
  /** Name of an `UpgradeWay`. Default: the usual one. */
  readonly way?: string
  /** Run on it, by the steps' own rules. */
  readonly migrations?: Step
}

/** What a lane holds, told as data: it stands in a snapshot's manifest, so it has no passwords. */
export interface StateSummary {
  /** How it was saved: `pg_dump`, `redis-dump`, `neo4j-store`, `sqlite`, or a name of the service's own. */
  readonly format: string
  /** Exact version of the server that it comes from. */
  readonly version: string
  /** What a restore must know, and people may: `edition`, `locale`, `encoding`, `extensions`. */
  readonly details: Readonly<Record<string, string>>
  /** Names what there is besides data: tables, indexes, constraints. Equal for equal schemas. Absent: there is no such thing. */
  readonly schema?: string
  /** How many rows, keys or nodes there are, by table, type or label. */
  readonly counts: Readonly<Record<string, number>>
  /** Of each group of {@link counts}: a digest of what is in it, whatever its order. */
  readonly digests: Readonly<Record<string, string>>
}

/** Where a state is written to. */
export interface StateWriter {
  /**
   * Adds a file, which is compressed, and on disk when this resolves.
   * @param name lower-case letters, digits, dots and dashes; `contents` is what `isolane snapshot diff` compares, see
   * `core/state-contents.ts`
   * @throws ISOLANE_DISK_FULL
   */
  write(name: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>
}

/** Where a state is read from. */
export interface StateReader {
  /**
   * What was given to {@link StateWriter.write}. Ends with ISOLANE_SNAPSHOT_DAMAGED when it is not that any more: what was
   * made of it must not be used then.
   */
  read(name: string): AsyncIterable<Uint8Array>
}

/** A saved state brought back beside its lane. Disposed of, what is not the lane's own then is removed. */
export interface LoadedState extends AsyncDisposable {
  /** Makes it the lane's state, at the same endpoint. What was there is kept. */
  swap(): Promise<void>
  /** Gives the lane back what it had, also after a {@link swap} that failed half-way. */
  swapBack(): Promise<void>
}

/** A lane's state kept where its server is. Disposed of, it is forgotten. */
export interface LaneMark extends AsyncDisposable {
  /** Makes the lane equal to it again; same endpoint. May be called often. */
  restore(): Promise<void>
}
