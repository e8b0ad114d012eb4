/** What services know of their versions: part of the contracts, see contracts.ts. */
import type { LaneEndpoint, SavedStart } from './contracts.ts'

/** How a service has one version or another, for matrices and upgrades. */
export interface VersionSupport<Options = unknown> {
  /** The version that the options ask for, as {@link with} takes it: `17`, `valkey@9`. */
  of(options: Options): string
  /**
   * The same options with another version.
   * @throws ISOLANE_OPTION_INVALID where the options fix the version in another way, as `url` does;
   * ISOLANE_VERSION_UNSUPPORTED
   */
  with(options: Options, version: string): Options
  /**
   * How data get from one version to another, the usual way first.
   * @throws ISOLANE_UPGRADE_REFUSED for what can't be, with the path that works; ISOLANE_VERSION_UNSUPPORTED
   */
  upgrade(from: string, to: string): readonly [UpgradeWay, ...UpgradeWay[]]
  /**
   * What differs besides data between two saved lanes, of whatever versions: a line for each, `- …` was, `+ …` is. Absent:
   * `StateSummary.schema` alone tells whether anything does.
   */
  schemaDifference?(before: SavedSide, after: SavedSide): Promise<readonly string[]>
}

/** A lane that was saved. */
export type SavedSide = Pick<SavedStart, 'files' | 'saved'>

/** One way in which an engine is upgraded. */
export interface UpgradeWay {
  /** As people call it, and ask for it: `dump and restore`, `pg_upgrade`. */
  readonly name: string
  /** What can't be undone, and what does not come along: a line for each. */
  readonly warnings: readonly string[]
}

/** Runs queries for their plans and times. */
export interface QuerySupport<Lane extends LaneEndpoint = LaneEndpoint> {
  /** Of files with queries, with the dot: `['.sql']`. */
  readonly extensions: readonly string[]
  /** The statements of such a file. */
  split(text: string): readonly string[]
  open(lane: Lane): Promise<QuerySession>
}

/** A connection to one lane. */
export interface QuerySession extends AsyncDisposable {
  /** How the server would go about it, without costs and times: equal for equal plans. */
  plan(statement: string): Promise<string>
  /** Runs it and undoes what it changed. @returns milliseconds */
  time(statement: string): Promise<number>
}
