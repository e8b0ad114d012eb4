import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Instance } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'

/** What the host answers instead of a result: Neo4j's own code or one of the host's (`PORT_TAKEN`, `DISK_FULL` …). */
export class HostError extends Error {
  override readonly name = 'HostError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export interface HostStatus {
  readonly version: string
  readonly database: string
  /** Fingerprint of the finished template; empty when there is none. */
  readonly template: string
  readonly lanes: readonly { readonly lane: string; readonly port: number; readonly connections: number }[]
  readonly heapUsed: number
  readonly heapSize: number
  /** What it may grow to. */
  readonly heapLimit: number
}

/** How a lane was made equal to the template again, from the cheapest way to the dearest. */
export type ResetHow = 'NOTHING' | 'DELETED' | 'CLONED' | 'REPLACED'

/** Where a DBMS of the host is to answer. */
export interface BoltAddress {
  /** `0` for any free one. */
  readonly port: number
  /** The `host:port` by which clients reach it, where that is another one. */
  readonly advertised?: string
}

/** The same for an environment, which answers over HTTP too. */
export interface EnvironmentAddress extends BoltAddress {
  readonly http: number
  readonly httpAdvertised?: string
}

/** What is in a graph, see the host program's Contents. */
export interface GraphContents {
  /** Digest of {@link schemaLines}. */
  readonly schema: string
  /** Constraints and indexes: a JSON list for each. */
  readonly schemaLines: readonly string[]
  readonly counts: Readonly<Record<string, number>>
  readonly digests: Readonly<Record<string, string>>
}

/**
 * What the host program can be asked for, with what it answers. A state is a lane's, set apart from it, by name. A lane may be
 * an environment for all but `lane.create`, `lane.reset`, `lane.replace` and `lane.drop`.
 */
export interface HostOperations {
  status: { arguments: object; result: HostStatus }
  /** With a state, the template begins with that; `migrate` where Neo4j does not open it before it was migrated. */
  'template.open': { arguments: BoltAddress & { state?: string; migrate?: boolean }; result: { port: number } }
  'template.look': { arguments: object; result: GraphContents }
  'template.run': { arguments: { statement: string }; result: object }
  /** `record` is ours: it is kept with the data, and is that of environments made from them. */
  'template.finish': { arguments: { fingerprint: string; record: string }; result: { empty: boolean } }
  'template.discard': { arguments: object; result: object }
  'lane.create': { arguments: { lane: string } & BoltAddress; result: { port: number } }
  'lane.reset': { arguments: { lane: string; close: boolean }; result: { how: ResetHow } }
  'lane.replace': { arguments: { lane: string }; result: { how: ResetHow } }
  'lane.drop': { arguments: { lane: string }; result: object }
  /** Bytes of its database's files. */
  'lane.size': { arguments: { lane: string }; result: { bytes: number } }
  'lane.look': { arguments: { lane: string }; result: GraphContents }
  /** A copy of what the lane has; with `look` also what is in it. */
  'state.take': {
    arguments: { lane: string; look: boolean }
    result: { state: string; contents: GraphContents; record?: string }
  }
  /** The record of data that came from elsewhere, for environments. */
  'state.record': { arguments: { state: string; record: string }; result: object }
  /** Opens it in a DBMS that nobody can connect to. */
  'state.look': { arguments: { state: string }; result: GraphContents }
  /** Gives the lane a copy of it. What the lane had is a state then. */
  'state.use': { arguments: { lane: string; state: string }; result: { before: string } }
  'state.drop': { arguments: { state: string }; result: object }
  /** The record is part of states, too. */
  'environment.look': {
    arguments: { environment: string }
    result: { made: boolean; record: string; rotation: number }
  }
  /** Where there is none yet, it becomes what the template is. */
  'environment.open': {
    arguments: { environment: string; database: string; password: string } & EnvironmentAddress
    result: { port: number }
  }
  'environment.run': { arguments: { environment: string; statement: string }; result: object }
  'environment.record': { arguments: { environment: string; record: string }; result: object }
  'environment.wipe': { arguments: { environment: string }; result: object }
  'environment.rotate': { arguments: { environment: string; password: string; rotation: number }; result: object }
  'environment.facts': { arguments: { environment: string }; result: { bytes: number; connections: number } }
}

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** The private channel to the host program: requests side by side, each answered when it is done. */
export class HostClient {
  readonly #socket: Socket
  readonly #instance: Instance
  readonly #waiting = new Map<number, Waiting>()
  #count = 0

  private constructor(socket: Socket, instance: Instance) {
    this.#socket = socket
    this.#instance = instance
    const lines = createInterface({ input: socket })
    // It repeats the socket's errors; the `close` that follows is what counts.
    lines.on('error', () => {})
    lines.on('line', (line) => this.#answer(JSON.parse(line) as Answer))
    socket.on('error', () => {})
    socket.once('close', () => this.#lose())
  }

  /** @throws ISOLANE_SERVER_UNREACHABLE */
  static async open(instance: Instance): Promise<HostClient> {
    const { host, ports, credentials } = instance.endpoint
    const socket = connect({ host, port: ports.control ?? 0, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', (cause) => reject(unreachable(host, ports.control, cause)))
    })
    const client = new HostClient(socket, instance)
    socket.write(`${JSON.stringify({ token: credentials.password })}\n`)
    return client
  }

  /** @throws HostError for what the host refuses; ISOLANE_INSTANCE_ENDED when it is gone. */
  ask<Operation extends keyof HostOperations>(
    operation: Operation,
    values: HostOperations[Operation]['arguments'],
  ): Promise<HostOperations[Operation]['result']> {
    return new Promise((resolve, reject) => {
      if (this.#socket.closed || this.#socket.destroyed) return void this.#rejectAsGone([{ reject }])
      this.#count += 1
      this.#waiting.set(this.#count, { resolve: resolve as (result: unknown) => void, reject })
      this.#socket.write(`${JSON.stringify({ ...values, id: this.#count, operation })}\n`)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #answer({ id = 0, result, error }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) waiting?.reject(new HostError(error.code, error.message))
    else waiting?.resolve(result)
  }

  #lose(): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    if (waiting.length > 0) void this.#rejectAsGone(waiting)
  }

  async #rejectAsGone(waiting: readonly Pick<Waiting, 'reject'>[]): Promise<void> {
    const error = await hostEnded(this.#instance)
    for (const { reject } of waiting) reject(error)
  }
}

export async function hostEnded(instance: Instance): Promise<IsolaneError> {
  return new IsolaneError({
    code: 'ISOLANE_INSTANCE_ENDED',
    message: 'The Neo4j host process has ended',
    remedy: 'see what it last wrote below',
    output: await instance.logs().catch(() => ''),
  })
}

function unreachable(host: string, port: number | undefined, cause: Error): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SERVER_UNREACHABLE',
    message: `The Neo4j host process does not answer at ${host}:${port}`,
    remedy: 'see `isolane logs neo4j`',
    cause,
  })
}
