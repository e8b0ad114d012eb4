/** How services hold the environments of a stack that stays up: part of the contracts, see contracts.ts. */
import type { LaneEndpoint, LaneId, ServiceContext, StateSummary, StateWriter } from './contracts.ts'

/**
 * One environment of a stack: `dev`, `test`, `staging`. Its slices are lanes that nobody leases: they are made once, and
 * what is written to them is never lost.
 */
export interface EnvironmentId extends LaneId {
  /** `dev`. No lane can be called so. */
  readonly name: string
  /** 0-based, and the same for as long as its data are there: Redis takes it for the DB number, Neo4j for its port. */
  readonly index: number
  /** What its slices are called in servers that know names: `tta-dev`. */
  readonly label: string
  readonly protected: boolean
  /** Of its users, where the config says where that comes from. Absent: each service makes one of the stack's credentials. */
  readonly password?: string
}

/** What is known of a service's environments without a session. */
export interface EnvironmentSupport<Options = unknown, Lane extends LaneEndpoint = LaneEndpoint> {
  /** Environments have a server of their own beside that of test lanes, where only whole servers can be durable. */
  readonly apart: boolean
  /** What their data are made with, as another one can't read them: `PostgreSQL 17`. */
  dataVersion(options: Options): string
  /** Connects as everybody who may. Never throws. */
  check(lane: Lane): Promise<readonly ConnectionCheck[]>
  readonly marks: MarkSupport<Lane>
  /** Absent: nothing can be taken over from a server that is not Isolane's. */
  readonly foreign?: ForeignSupport
}

/** One connection that was tried. */
export interface ConnectionCheck {
  /** `app`, `readonly`; `owner` where there are no roles. */
  readonly who: string
  /** Without credentials: `127.0.0.1:5432/tta_dev`. */
  readonly address: string
  readonly milliseconds: number
  /** What is wrong, in words that a newcomer understands, and what to do. Absent: it works. */
  readonly problem?: string
  readonly remedy?: string
}

/** Shows that environments are apart, by something that is written into one and looked for in all. */
export interface MarkSupport<Lane extends LaneEndpoint = LaneEndpoint> {
  /** @param mark lower-case letters, digits and dashes, at most 40 */
  write(lane: Lane, mark: string): Promise<void>
  count(lane: Lane, mark: string): Promise<number>
  /** Nothing of it stays, not even what had to be made for it. */
  remove(lane: Lane, mark: string): Promise<void>
  /** Tries to read `other` with the credentials of `lane`. @returns how that was refused; `undefined` when it was not */
  intrude(lane: Lane, other: Lane): Promise<string | undefined>
}

/** Databases on servers that are not Isolane's, which are only read. */
export interface ForeignSupport {
  /**
   * Saves what a URL leads to, as `SnapshotSupport.save` saves a lane, so that it can be loaded into one.
   * @throws ISOLANE_SERVER_UNREACHABLE, ISOLANE_SNAPSHOT_FAILED, ISOLANE_VERSION_UNSUPPORTED
   */
  save(url: string, files: StateWriter, context: ServiceContext): Promise<StateSummary>
  /** What {@link save} would tell of it as it is now. */
  describe(url: string, context: ServiceContext): Promise<StateSummary>
  /** About how many bytes {@link save} would write, at most. */
  size(url: string, context: ServiceContext): Promise<number>
}

/** The environments in a session's server. */
export interface EnvironmentSession<Lane extends LaneEndpoint = LaneEndpoint> {
  /**
   * The environment's slice: where it is not there yet, what the template is; else as it was left, with its users as the
   * config has them now. From then on the session's `resetLane`, which makes it the template again, and its snapshots take it
   * for a lane. Call after `prepare`.
   * @throws ISOLANE_ENVIRONMENT_CHANGED for what is there, and is not this environment's
   */
  open(environment: EnvironmentId): Promise<Lane>
  /**
   * Applies what has come to the config since: new migrations, extensions. Call after {@link open}, and whenever what it holds
   * was replaced. Absent: there is nothing that could.
   * @throws ISOLANE_ENVIRONMENT_CHANGED for a change that would destroy something, such as an applied migration that was
   * edited, ISOLANE_MIGRATION_FAILED; the environment is as it was then, and can be worked with
   */
  update?(environment: EnvironmentId): Promise<Lane>
  facts(environment: EnvironmentId): Promise<EnvironmentFacts>
  /** What the server may run out of. */
  limits(): Promise<readonly Limit[]>
  /** New passwords for an environment's users, or for some of its roles. Absent: they can't be changed. */
  rotate?(environment: EnvironmentId, roles: readonly string[] | undefined): Promise<Lane>
}

export interface EnvironmentFacts {
  readonly bytes: number
  /** Of clients, ours not counted. */
  readonly connections: number
}

export interface Limit {
  /** `connections`, `memory`. */
  readonly what: string
  readonly used: number
  readonly limit: number
  /** How to raise it. */
  readonly remedy: string
}
