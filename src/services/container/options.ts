import type { Credentials, LaneEndpoint } from '../../core/contracts.ts'

/** The server, as the functions that make one of its lanes see it. */
export interface ContainerServer<Port extends string = string> {
  /** The lane's name, `lane-3`: no other lane of this server has it. */
  readonly name: string
  /** The lane's number, from 1. */
  readonly number: number
  readonly host: string
  /** Where the container's ports are published, by their names. */
  readonly ports: Readonly<Record<Port, number>>
  /** Made at random for each stack; what `{username}` and `{password}` in `environment` and `files` stand for. */
  readonly credentials: Credentials
  /** `http://127.0.0.1:49153` for a port's name. */
  url(port: Port): string
}

/** What `lane.create` may tell of its lane. */
export type LaneFields = Readonly<Record<string, string | number>>

/** How a lane is reached: what `lane.create` returned, beside the server's address. */
export type ContainerLane<Port extends string = string, Fields extends LaneFields = LaneFields> = LaneEndpoint & {
  readonly host: string
} & { readonly [Name in Port as `${Name}Port`]: number } & Fields

/** How lanes are cut out of one server. What is made must be told apart by `server.name`. */
export interface ContainerLanes<Port extends string = string, Fields extends LaneFields = LaneFields> {
  /** Makes room for a lane, and returns what there is to know of it. What is there already must not make it fail. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing may stand here.
  create(server: ContainerServer<Port>): Fields | void | Promise<Fields | void>
  /** Empties the lane: before it is used for the first time, and each time after. */
  reset(server: ContainerServer<Port>, lane: ContainerLane<Port, Fields>): unknown
  /** Removes the lane. Default: `reset`. */
  drop?(server: ContainerServer<Port>, lane: ContainerLane<Port, Fields>): unknown
}

/** How a lane's state is kept in files. Both functions get a folder that is theirs alone as long as they run. */
export interface ContainerLaneFiles<Port extends string = string, Fields extends LaneFields = LaneFields> {
  /** Writes what the lane holds into the folder, which is empty: files and folders, under any names. */
  save(server: ContainerServer<Port>, lane: ContainerLane<Port, Fields>, folder: string): unknown
  /** Makes the lane, whatever it holds by then, what was saved into the folder. Leaves the folder as it is. */
  load(server: ContainerServer<Port>, lane: ContainerLane<Port, Fields>, folder: string): unknown
}

/** When the server is ready. */
export type ContainerWait<Port extends string = string> =
  /** A port accepts connections. */
  | { readonly port: Port }
  /** A port answers to GET with `status`; 200 unless told otherwise. */
  | { readonly http: string; readonly port: Port; readonly status?: number }
  /** Its log holds this text, `times` over; once unless told otherwise. */
  | { readonly line: string; readonly times?: number }
  /** A command inside the container succeeds. */
  | { readonly command: readonly string[] }

export interface ContainerOptions<Port extends string = string, Fields extends LaneFields = LaneFields> {
  /** `qdrant/qdrant:v1.15`; its tag is the version that `isolane status` shows. */
  readonly image: string
  /** Ports inside the container, by names of your own: `{ http: 6333 }`. The first one makes `lane.url`. */
  readonly ports: Readonly<Record<Port, number>>
  /**
   * Here, in `command`, `files` and `wait`, `{username}`, `{password}` and `{port.NAME}` stand for what the stack chose.
   * Passwords don't belong into commands: those show in process lists.
   */
  readonly environment?: Readonly<Record<string, string>>
  /** In place of the image's own command. */
  readonly command?: readonly string[]
  /** What is put into the container, by absolute path inside: a text, or a file of the project. */
  readonly files?: Readonly<Record<string, { readonly text: string } | { readonly source: string }>>
  /** Folders inside that hold the server's data; kept in memory, or on a volume for `isolane up`. Default: none. */
  readonly data?: readonly string[]
  /** Default: until the first port accepts connections. */
  readonly wait?: ContainerWait<NoInfer<Port>>
  /** Milliseconds until the server must be ready, from when its container runs. Default: 120,000. */
  readonly startTimeout?: number
  /** How lanes are cut out of one server. Without it, each lane has a container of its own. Stands before `env`. */
  readonly lane?: ContainerLanes<Port, Fields>
  /** What every lane begins with: runs for each new lane, and after each reset. */
  seed?(server: ContainerServer<Port>, lane: ContainerLane<Port, Fields>): unknown
  /** How lanes are saved, for snapshots and for `lane.snapshot()` in tests. Without it they can't be. */
  readonly snapshot?: ContainerLaneFiles<Port, NoInfer<Fields>>
  /** The variables of a lane. */
  env(lane: ContainerLane<Port, Fields>): Readonly<Record<string, string>>
}
