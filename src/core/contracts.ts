/**
 * The contracts of Isolane. What is data in them stands in `instance-spec.ts`, what services do with their lanes' states
 * in `snapshot-support.ts`, how they hold environments in `environment-support.ts`, and what they know of their versions in
 * `upgrade-support.ts`; this file has all of it to import.
 *
 * A {@link Service} says *what* one kind of database is, as data ({@link InstanceSpec}), and knows how to cut lanes
 * out of a running one ({@link ServiceSession}). A {@link Runtime} knows *how* instances come to exist. Services and
 * runtimes never import each other. Reference implementations: `src/services/redis`, `src/runtimes/native`.
 * Third parties prove theirs with the suites in `isolane/contract-tests`.
 */
import type { EnvironmentId, EnvironmentSession, EnvironmentSupport } from './environment-support.ts'
import type { Credentials, Endpoint, EngineSpec, InstanceSpec } from './instance-spec.ts'
import type { MigrationSupport } from './migration-support.ts'
import type { Report } from './report.ts'
import type { Run } from './run.ts'
import type { SnapshotSupport } from './snapshot-support.ts'
import type { QuerySupport, VersionSupport } from './upgrade-support.ts'

export type * from './environment-support.ts'
export type * from './instance-spec.ts'
export type * from './migration-support.ts'
export type * from './snapshot-support.ts'
export type * from './upgrade-support.ts'

/** One running server. */
export interface Instance extends AsyncDisposable {
  readonly endpoint: Endpoint
  /** `false` for attached servers: never stopped, never wiped. */
  readonly owned: boolean
  /** What the runtime knows of its origin, for `isolane status`: e.g. `/usr/lib/postgresql/15/bin`. */
  readonly origin: string
  /** The key of the saved state that it was started from, when there was one. */
  readonly startedFrom?: string
  /** Process that serves, where it is a local one. */
  readonly pid?: number
  /** The last lines the server wrote; quoted when something fails. */
  logs(): Promise<string>
  /** Bytes of memory that it takes now, where its {@link pid} does not tell; `undefined` where nobody does. */
  memory?(): Promise<number | undefined>
  /**
   * Runs a program of the server's where the server is: in its container, or from its engine's folder. Strings may hold
   * the placeholders `{host}` and `{port.NAME}`, as the program there reaches the server. Absent for servers that are not ours.
   * @returns `undefined` when there is no such program
   */
  run?(command: InstanceCommand): Promise<ProgramResult | undefined>
  /** Settles when the server ends without having been asked to; the text says how. */
  readonly ended: Promise<string>
  /**
   * Keeps the state under `key`, so that a later start with `from: key` begins there. May stop and restart the server
   * (same endpoint): close connections first. Absent: this runtime or service keeps nothing.
   */
  save?(key: string): Promise<void>
}

/** A program to run where a server is. */
export interface InstanceCommand {
  /** A name, or an absolute path where the server is. */
  readonly program: string
  readonly arguments: readonly string[]
  /** Passwords belong here, not into the arguments. */
  readonly environment?: Readonly<Record<string, string>>
  /** Read to its end, even when the program does not want all of it: only there does a damaged input say so. */
  readonly input?: AsyncIterable<Uint8Array>
  /** Takes standard output, piece by piece; the program waits for it. */
  output?(piece: Uint8Array): Promise<void>
  readonly signal?: AbortSignal
}

export interface ProgramResult {
  readonly exitCode: number
  /** The last of what it wrote to standard error. */
  readonly errors: string
}

/** A resource of a dead run that was removed, or could not be. */
export interface Swept {
  readonly kind: string
  readonly what: string
  readonly removed: boolean
  readonly reason?: string
}

export interface StartOptions {
  /** Key of a saved state to begin from; ignored when there is none. */
  readonly from?: string
  /**
   * For a stack that stays up: its data outlive the instance under this name, where the runtime can. A server that still
   * runs under it, and matches the spec in everything, is taken over.
   */
  readonly keep?: string
  readonly signal: AbortSignal
}

export interface SweepOptions {
  /** Only tell. */
  readonly dry?: boolean
  /** Also servers of dead stacks that were to stay up. Their data are left alone. */
  readonly kept?: boolean
}

/** What {@link Instance.save} has kept under a key, or may keep. */
export interface SavedState {
  /** What must be the same where it is used, by label: `engine`, `version`, `platform` and what else decides. */
  readonly fits: Readonly<Record<string, string>>
  /** The folder with its files. Absent: there is none. It may go as soon as it was not used for some minutes. */
  readonly folder?: string
  /**
   * Takes over files from elsewhere: all of them, or none.
   * @param fill writes them into an empty folder
   * @returns `false` when somebody else was faster; theirs stay then
   */
  adopt(fill: (folder: string) => Promise<void>): Promise<boolean>
}

/** How instances come to exist. */
export interface Runtime {
  readonly name: string
  /** It finds servers that are running already, so there is no other one for each lane. Default: it starts them. */
  readonly attaches?: true
  /** Whether this runtime can work here at all. */
  probe(): Promise<{ ok: true } | { ok: false; reason: string; remedy: string }>
  /**
   * Brings in what a start will need, such as an image. Called for every service before anything starts.
   * @throws ISOLANE_RUNTIME_UNSUPPORTED for a service it can't run, ISOLANE_IMAGE_UNAVAILABLE
   */
  provide(spec: InstanceSpec, signal: AbortSignal): Promise<void>
  start(spec: InstanceSpec, options: StartOptions): Promise<Instance>
  /** Removes what dead runs left behind. */
  sweep(options?: SweepOptions): Promise<readonly Swept[]>
  /**
   * The state kept under a key ({@link Instance.save}), there or not, as files that can travel between machines.
   * @returns `undefined` for a service that keeps none. Absent: this runtime keeps none.
   */
  saved?(spec: InstanceSpec, key: string, signal: AbortSignal): Promise<SavedState | undefined>
  /** Removes the data kept under a name ({@link StartOptions.keep}). Absent: this runtime keeps none. */
  forget?(keep: string): Promise<readonly Swept[]>
}

/** What a runtime is made with. */
export interface RuntimeContext {
  /** Everything started is registered here first. */
  readonly run: Run
  /** Engines, initialised data folders and saved states are kept here. */
  readonly cacheFolder: string
  readonly report: Report
}

/** A worker's number and the stable name made of it. */
export interface LaneId {
  /** 1-based. */
  readonly number: number
  /** `lane-3`. */
  readonly name: string
}

/** How one lane of one service is reached. Plain data; each service adds its own fields. */
export interface LaneEndpoint {
  readonly url: string
  /** Exact server version. */
  readonly version: string
  readonly [field: string]: string | number
}

/** The migrated and seeded state that lanes are cloned from. */
export interface Template {
  /** Names the state by everything that made it: 64 hexadecimal digits. */
  readonly fingerprint: string
  /** Whether everything that makes the state is part of the fingerprint, so that it may be kept between runs. */
  readonly cacheable: boolean
}

/** What a service is told when it describes or opens an instance. */
export interface ServiceContext {
  /** The service's name in the config. */
  readonly name: string
  /** Absolute folder that relative paths in options start from. */
  readonly root: string
  /** The most lanes this stack may grow to. */
  readonly maximumLanes: number
  readonly report: Report
  readonly signal: AbortSignal
  /**
   * Those that the server holds: then it has its usual ports, and nothing that it has acknowledged may be lost, whatever
   * ends when. Absent: it holds test lanes alone, and forgets.
   */
  readonly environments?: readonly EnvironmentId[]
  /**
   * The folder with an engine's programs, found on the machine or provided. Absent where a service is only described.
   * @throws ISOLANE_ENGINE_NOT_FOUND, ISOLANE_ENGINE_INSTALL_FAILED
   */
  programs?(engine: EngineSpec): Promise<string>
  /** A new, empty folder of our own user's. It is swept if we are killed. Absent where a service is only described. */
  temporaryFolder?(): Promise<TemporaryFolder>
}

/** Removed when it is disposed of. */
export interface TemporaryFolder extends AsyncDisposable {
  /** Absolute. */
  readonly path: string
}

export interface SpecContext extends ServiceContext {
  readonly credentials: Credentials
  /** The usual variables of a server to attach to, such as `DATABASE_URL`, are looked for here. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

export interface ResetOptions {
  /**
   * `close`: the holder is gone; whatever still talks to the lane is cut off first.
   * `keep`: the holder resets its own lane and its open connections should survive where they can.
   */
  readonly connections: 'close' | 'keep'
}

/** A host that never resolves (RFC 2606), and whose name says why. */
export const nowhereHost = 'no-lane-was-leased.invalid'

/** One kind of database. */
export interface Service<Options = unknown, Lane extends LaneEndpoint = LaneEndpoint, Kind extends string = string> {
  /** Its literal type says at compile time which clients a lane offers. */
  readonly kind: Kind
  /** Pure data; no input or output. */
  spec(options: Options, context: SpecContext): InstanceSpec
  /** Reads every input of the template (migrations, seeds) and names it. */
  template(options: Options, context: ServiceContext): Promise<Template>
  /**
   * On a server that is not ours it also removes what dead runs have left there, and reports that, at the latest when the
   * session ends.
   */
  open(instance: Instance, options: Options, context: ServiceContext): Promise<ServiceSession<Lane>>
  /** The default variables of a lane, by name. @param options what they depend on besides */
  env(lane: Lane, options?: Options): Readonly<Record<string, string>>
  /**
   * An endpoint that leads nowhere, with every field of a real one. Workers see its variables until they have leased a
   * lane, so that a forgotten set-up fails loudly. Not blanks: clients take those for their default, a developer's own
   * server. Use {@link nowhereHost}.
   */
  readonly nowhere: Lane
  /** Absent: it has no versions to choose from. */
  readonly versions?: VersionSupport<Options>
  /** Absent: there are no queries to compare. */
  readonly queries?: QuerySupport<Lane>
  /** Absent: its migrations can't be tried out. */
  readonly migrations?: MigrationSupport<Options, Lane>
  /** Absent: it holds test lanes alone. */
  readonly environments?: EnvironmentSupport<Options, Lane>
}

/** A service on a running instance. */
export interface ServiceSession<Lane extends LaneEndpoint = LaneEndpoint> extends AsyncDisposable {
  /** Exact server version, e.g. `17.9`. */
  readonly version: string
  /** What serves, for people, where that is not called as the service's kind is: `valkey` for `redis`. */
  readonly product?: string
  /** Migrates and seeds once. Does nothing when the instance already holds this fingerprint. Call before lanes. */
  prepare(template: Template): Promise<void>
  /** A clean lane, cloned from the prepared template. Lanes are made side by side. */
  createLane(lane: LaneId): Promise<Lane>
  /** Makes the lane equal to the template again; same endpoint. */
  resetLane(lane: LaneId, options: ResetOptions): Promise<void>
  dropLane(lane: LaneId): Promise<void>
  /** Called when no lane is in use: a moment to do what was put off, such as dropping old databases. */
  idle?(): Promise<void>
  /** For `isolane status`, by label: `databases`, `browser`, `user`. No passwords. */
  details?(): Promise<Readonly<Record<string, string>>>
  /** How its lanes' states are kept and brought back; or why they can't be. Absent: this service has no way to. */
  readonly snapshots?: SnapshotSupport | { readonly unsupported: string }
  /** Absent where {@link Service.environments} is, and where the server holds none. */
  readonly environments?: EnvironmentSession<Lane>
}

/** A service with the user's options: what `postgres({...})` returns and a config holds. */
export interface ServiceDefinition<Lane extends LaneEndpoint = LaneEndpoint, Kind extends string = string> {
  /** Its options are checked where the definition is made. */
  readonly service: Service<unknown, Lane, Kind>
  readonly options: Readonly<Record<string, unknown>>
  /** `instance`: a server for each lane; `shared`: one for all. Whatever the stack's mode, which is the default. */
  readonly isolation?: 'shared' | 'instance'
  /** The only runtime that has it: `attach` for a server given by its URL. */
  readonly runtime?: string
}
