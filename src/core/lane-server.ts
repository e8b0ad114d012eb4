import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { LaneId } from './contracts.ts'
import { noSuchEnvironment } from './environment-errors.ts'
import type { Environments } from './environments.ts'
import { IsolaneError } from './errors.ts'
import { volatileFolder } from './folders.ts'
import type { Lane } from './lane.ts'
import {
  errorLine,
  type LaneServerAddress,
  lineReader,
  type RequestLine,
  type RequestName,
  type Requests,
  type ResponseLine,
} from './lane-protocol.ts'
import type { Registration } from './run.ts'
import type { Stack } from './stack.ts'
import { laneServerFolder } from './sweep.ts'

export interface LaneServerOptions {
  readonly stack: Pick<Stack, 'run' | 'pool' | 'status' | 'logs'> & Partial<Pick<Stack, 'environments'>>
  /** What `down` does. Absent: the stack belongs to a run and can't be ended from outside. */
  down?(): Promise<void>
  /** Called when nobody is connected any more and no lane is kept, unless someone has asked that the stack stay up. */
  unused?(): void
}

/** What a connection asks of its server. */
interface Home {
  stay(): boolean
  /** It will ask for nothing more. @returns whether the stack ends with it. */
  leave(): boolean
}

/** Workers that may be knocking at once; systems cut it to what they allow. */
const backlog = 4096

type Answers = {
  [Name in RequestName]: (body: Requests[Name]['request']) => Promise<Requests[Name]['response']>
}

/**
 * Leases lanes to worker processes and threads over a local socket that only our own user can reach, and only with the
 * token. A lane comes back when its connection closes, however the worker ended.
 */
export class LaneServer {
  readonly address: LaneServerAddress
  readonly #options: LaneServerOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Those of them that have not said that they leave. */
  readonly #users = new Set<Socket>()
  #stays: boolean
  #ends = false
  readonly #folder: string | undefined
  readonly #registration: Registration | undefined

  private constructor(options: LaneServerOptions) {
    this.#options = options
    this.#stays = options.unused === undefined
    const { run, pool } = options.stack
    pool.onLetGo = () => this.endUnlessUsed()
    const token = randomBytes(24).toString('base64url')
    if (process.platform === 'win32') {
      this.address = { path: `\\\\.\\pipe\\isolane-${run.id}-${randomBytes(8).toString('hex')}`, token }
    } else {
      this.#folder = join(volatileFolder(0), laneServerFolder(run.id))
      this.#registration = run.register({ kind: 'folder', what: 'lane server socket', folder: this.#folder })
      mkdirSync(this.#folder, { mode: 0o700 })
      this.address = { path: join(this.#folder, 'socket'), token }
    }
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async open(options: LaneServerOptions): Promise<LaneServer> {
    const server = new LaneServer(options)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.#server.once('error', reject)
    server.#server.listen({ path: server.address.path, backlog }, resolve)
    await promise
    return server
  }

  endUnlessUsed(): void {
    if (this.#isUnused()) this.#options.unused?.()
  }

  /** Cuts every connection off; leased lanes come back. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    for (const socket of this.#sockets) socket.destroy()
    await promise
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true })
    this.#registration?.release()
  }

  /** From now on only `down` ends the stack. @returns whether that is news. */
  #stay(): boolean {
    const changed = !this.#stays
    this.#stays = true
    return changed
  }

  /** Whoever has been told that the stack ends waits for that, so nobody is taken in any more then. */
  #leave(socket: Socket): boolean {
    this.#users.delete(socket)
    this.#ends ||= this.#isUnused()
    return this.#ends
  }

  #isUnused(): boolean {
    return !this.#stays && this.#users.size === 0 && !this.#options.stack.pool.keeps
  }

  #serve(socket: Socket): void {
    socket.on('error', () => {})
    if (this.#ends) {
      socket.destroy()
      return
    }
    const home = { stay: () => this.#stay(), leave: () => this.#leave(socket) }
    const connection = new Connection(this.#options, this.address.token, home)
    this.#sockets.add(socket)
    this.#users.add(socket)
    socket.setEncoding('utf8')
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#users.delete(socket)
      connection.close()
      this.endUnlessUsed()
    })
    const send = (line: ResponseLine) => {
      if (!socket.destroyed) socket.write(`${JSON.stringify(line)}\n`)
    }
    socket.on(
      'data',
      lineReader((text) => void connection.answer(text).then(send, () => socket.destroy())),
    )
  }
}

/** One worker's connection: at most one lane. */
class Connection {
  readonly #options: LaneServerOptions
  readonly #token: string
  readonly #home: Home
  readonly #ended = new AbortController()
  #trusted = false
  #leasing = false
  #lane: Lane | undefined
  /** The one that its run saves. */
  #snapshot: string | undefined

  constructor(options: LaneServerOptions, token: string, home: Home) {
    this.#options = options
    this.#token = token
    this.#home = home
  }

  async answer(text: string): Promise<ResponseLine> {
    const line = JSON.parse(text) as RequestLine
    try {
      if (line.name !== 'hello' && !this.#trusted) throw refused()
      const answer = this.#answers[line.name] as ((body: unknown) => Promise<unknown>) | undefined
      if (!answer) throw unknownRequest(line.name)
      return { id: line.id, body: await answer(line.body) }
    } catch (error) {
      return { id: line.id, error: errorLine(error) }
    }
  }

  close(): void {
    this.#ended.abort()
    this.#giveBack()
    this.#endSnapshot()
  }

  readonly #answers: Answers = {
    hello: async ({ token }) => {
      if (!sameToken(token, this.#token)) throw refused()
      this.#trusted = true
      return {}
    },
    lease: async ({ holder, preferred }) => {
      if (this.#leasing) throw secondLease()
      if (!this.#pool.hasLanes) throw noLanes()
      this.#leasing = true
      try {
        const lane = await this.#pool.lease(holder, preferred, this.#ended.signal)
        this.#lane = lane
        if (this.#ended.signal.aborted) this.#giveBack()
        return lane
      } catch (error) {
        this.#leasing = false
        throw error
      }
    },
    reset: async ({ service }) => {
      await this.#pool.reset(this.#own().number, service)
      return {}
    },
    release: async () => {
      this.#giveBack()
      return {}
    },
    mark: async ({ name }) => {
      await this.#pool.mark(this.#own().number, name)
      return {}
    },
    restoreMark: async ({ name }) => ({ found: await this.#pool.restoreMark(this.#own().number, name) }),
    forgetMarks: async () => {
      await this.#pool.forgetMarks(this.#own().number)
      return {}
    },
    stateSize: async ({ lane = this.#own().name }) => ({ bytes: await this.#holderOf(lane).stateSize(lane) }),
    saveState: async ({ lane = this.#own().name, folder }) => this.#holderOf(lane).saveState(lane, folder),
    describeState: async ({ lane = this.#own().name }) => this.#holderOf(lane).describeState(lane),
    loadState: async ({ lane = this.#own().name, folder, saved }) => {
      const { environments } = this.#options.stack
      if (environments?.has(lane)) await environments.loadState(lane, folder, saved)
      else await this.#pool.loadState(lane, folder, saved, this.#lane?.id.number)
      return {}
    },
    keep: async (wish) => this.#pool.keep(this.#own().number, wish),
    keepAs: async ({ lane, reason }) => {
      this.#pool.keepAs(lane ?? this.#own().name, reason, this.#lane?.id.number)
      return {}
    },
    letGo: async ({ lane }) => {
      this.#pool.letGo(lane)
      return {}
    },
    look: async ({ lane }) => this.#holderOf(lane).look(lane),
    wipe: async ({ environment, snapshot }) => {
      await this.#environments.wipe(environment, snapshot)
      return {}
    },
    rotate: async ({ environment, roles }) => this.#environments.rotate(environment, roles),
    warm: async ({ workers, snapshot }) => {
      this.#snapshot = snapshot
      if (this.#pool.hasLanes) await this.#pool.warm(workers + 1)
      return {}
    },
    status: async ({ passwords, facts }) =>
      this.#options.stack.status({ passwords: passwords === true, facts: facts === true }),
    stay: async () => ({ changed: this.#home.stay() }),
    leave: async () => {
      this.#endSnapshot()
      return { ends: this.#home.leave() }
    },
    logs: async ({ service }) => ({ text: await this.#options.stack.logs(service) }),
    down: async () => {
      if (!this.#options.down) throw notOurs()
      await this.#options.down()
      return {}
    },
  }

  get #pool() {
    return this.#options.stack.pool
  }

  /** Whose name it is: an environment's, or else a lane's. */
  #holderOf(name: string) {
    const { environments, pool } = this.#options.stack
    return environments?.has(name) ? environments : pool
  }

  /** @throws ISOLANE_OPTION_INVALID */
  get #environments(): Environments {
    const { environments } = this.#options.stack
    if (environments) return environments
    throw noSuchEnvironment('', [])
  }

  /** @throws ISOLANE_PROTOCOL */
  #own(): LaneId {
    if (this.#lane) return this.#lane.id
    throw protocolError('This connection holds no lane', 'lease one first')
  }

  #endSnapshot(): void {
    if (this.#snapshot !== undefined) this.#pool.endSnapshot(this.#snapshot)
    this.#snapshot = undefined
  }

  #giveBack(): void {
    if (!this.#lane) return
    this.#pool.release(this.#lane.id.number)
    this.#lane = undefined
    this.#leasing = false
  }
}

function sameToken(given: unknown, expected: string): boolean {
  const left = Buffer.from(String(given))
  const right = Buffer.from(expected)
  return left.length === right.length && timingSafeEqual(left, right)
}

function refused(): IsolaneError {
  return protocolError('The lane server refused a connection without its token', 'connect through Isolane only')
}

function unknownRequest(name: string): IsolaneError {
  return protocolError(
    `The lane server does not know the request "${name}"`,
    'use one version of isolane for the stack and its runs: `isolane down`, then `isolane up`',
  )
}

function secondLease(): IsolaneError {
  return protocolError('This connection already holds or awaits a lane', 'open another connection for a second lane')
}

function noLanes(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANES_EXHAUSTED',
    message: 'The stack that is up has no test lanes',
    remedy: 'give one of its environments `lanes: true`, then `isolane up` again',
  })
}

function notOurs(): IsolaneError {
  return protocolError('This stack belongs to a test run and ends with it', 'end the run instead')
}

function protocolError(message: string, remedy: string): IsolaneError {
  return new IsolaneError({ code: 'ISOLANE_PROTOCOL', message, remedy })
}
