import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Instance, InstanceCommand, ProgramResult } from '../../../../src/core/contracts.ts'
import { cacheFolder } from '../../../../src/core/folders.ts'
import { silent } from '../../../../src/core/report.ts'
import { installEngine } from '../../../../src/runtimes/native/index.ts'
import type { Bolt } from '../../../../src/services/neo4j/bolt/client.ts'
import { HostClient } from '../../../../src/services/neo4j/host-client.ts'
import { type Neo4jLane, neo4j } from '../../../../src/services/neo4j/index.ts'
import { laneEndpoint } from '../../../../src/services/neo4j/lane.ts'
import { lanePassword } from '../../../../src/services/neo4j/secrets.ts'
import { readState, writeState } from '../../../../src/services/neo4j/snapshots/state-stream.ts'
import { innerDatabase, ManyServers } from '../attach/many-servers.ts'
import { laneId, type Opened, open } from '../fixture.ts'

/** Where Neo4j's own programs are. */
async function neo4jLibrary(): Promise<string> {
  const { service, options } = neo4j()
  const context = { name: 'graph', root: '/', maximumLanes: 1, report: silent, signal: new AbortController().signal }
  const { native } = service.spec(options, { ...context, credentials: { username: 'neo4j', password: 'none' } })
  if (!native) throw new Error('no native spec')
  const { folder } = await installEngine(native.engine, { cacheFolder: cacheFolder(), report: silent })
  return join(folder, 'lib')
}

/**
 * A server with many databases that can be stopped, dumped and loaded, put together from Community servers as
 * {@link ManyServers} is. Dumps are made and read by Neo4j's own `neo4j-admin`; what stands in for Enterprise is STOP and
 * START, and bringing a database's files to the program and back.
 */
export class StoppableServers implements AsyncDisposable {
  readonly many: ManyServers
  readonly stopped = new Set<string>()
  /** What `run` answers instead of running anything. */
  answer: ProgramResult | undefined
  /** Whether it has no `STOP DATABASE`. */
  refuseToStop = false
  readonly #host: Opened
  readonly #control: HostClient
  readonly #library: string
  readonly #lanes: Map<string, string>

  private constructor(parts: {
    many: ManyServers
    host: Opened
    control: HostClient
    library: string
    lanes: Map<string, string>
  }) {
    this.many = parts.many
    this.#host = parts.host
    this.#control = parts.control
    this.#library = parts.library
    this.#lanes = parts.lanes
  }

  static async open(): Promise<StoppableServers> {
    const host = await open({ database: innerDatabase })
    const control = await HostClient.open(host.instance)
    const lanes = new Map<string, string>()
    const start = async (): Promise<Neo4jLane> => {
      const { name } = laneId(lanes.size + 1)
      const { endpoint } = host.instance
      lanes.set(name, name)
      const { port } = await control.ask('lane.create', { lane: name, port: 0 })
      const password = lanePassword(endpoint.credentials.password)
      const server = laneEndpoint({
        host: endpoint.host,
        port,
        password,
        database: innerDatabase,
        version: host.session.version,
      })
      lanes.set(server.url, name)
      return server
    }
    const reset = async ({ url }: Neo4jLane) => {
      await control.ask('lane.reset', { lane: lanes.get(url) ?? '', close: false })
    }
    const many = await ManyServers.open({ start, reset })
    return new StoppableServers({ many, host, control, library: await neo4jLibrary(), lanes })
  }

  get bolt(): Bolt {
    const { bolt } = this.many
    const rows = async (database: string, statement: string, parameters: Record<string, unknown> = {}) => {
      const [, verb, name = ''] = /^(STOP|START|DROP) DATABASE `([^`]+)`/.exec(statement) ?? []
      if (verb === 'STOP' && this.refuseToStop)
        throw withCode('Neo.ClientError.Statement.UnsupportedAdministrationCommand')
      if (verb === 'STOP') this.stopped.add(name)
      else if (verb) this.stopped.delete(name)
      if (verb === 'STOP' || verb === 'START') return []
      if (statement.endsWith('currentStatus AS status')) {
        const known = this.many.names.includes(String(parameters.name))
        return known ? [{ status: this.stopped.has(String(parameters.name)) ? 'offline' : 'online' }] : []
      }
      return this.#running(database, () => bolt.rows(database, statement, parameters))
    }
    const transaction: Bolt['transaction'] = (database, work) =>
      this.#running(database, () => bolt.transaction(database, work))
    return { url: bolt.url, rows, once: rows, transaction, close: async () => {} } as unknown as Bolt
  }

  /** As a runtime has it for a server of ours. */
  run: NonNullable<Instance['run']> = async (command) => {
    const { arguments: words } = command
    if (this.answer) return this.answer
    const [verb = '', database = '', ...flags] = words.slice(words.indexOf('database') + 1)
    if (!this.stopped.has(database)) throw new Error(`${database} is in use`)
    const home = mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
    const folders = {
      databases: join(home, 'data/databases', database),
      transactions: join(home, 'data/transactions', database),
    }
    const lane = this.#lanes.get(this.many.serverOf(database).url) ?? ''
    try {
      mkdirSync(join(home, 'conf'))
      // Else it makes logs of 256 MB.
      writeFileSync(join(home, 'conf/neo4j.conf'), 'db.tx_log.preallocate=false\n')
      if (verb === 'dump') await this.#bring(lane, folders)
      const result = await this.#admin(home, ['database', verb, database, ...flags], command)
      if (verb === 'load' && result.exitCode === 0) await this.#take(lane, folders)
      return result
    } finally {
      rmSync(home, { recursive: true })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.many[Symbol.asyncDispose]()
    this.#control.close()
    await this.#host[Symbol.asyncDispose]()
  }

  async #running<Result>(database: string, work: () => Promise<Result>): Promise<Result> {
    if (this.stopped.has(database)) throw withCode('Neo.ClientError.Test.DatabaseIsStopped')
    return work()
  }

  async #bring(lane: string, folders: Readonly<Record<string, string>>): Promise<void> {
    const { state } = await this.#control.ask('state.take', { lane, look: false })
    const pieces: Uint8Array[] = []
    for await (const piece of readState(this.#host.instance, state, 'store')) pieces.push(piece)
    const store = Buffer.concat(pieces)
    for (let at = 0; ; ) {
      const end = store.indexOf('\n', at)
      const { path, size } = JSON.parse(store.toString('utf8', at, end)) as { path?: string; size: number }
      if (path === undefined) return
      const [kind = '', ...rest] = path.split('/')
      const file = join(folders[kind] ?? '', ...rest)
      mkdirSync(dirname(file), { recursive: true })
      at = end + 1 + size
      writeFileSync(file, store.subarray(end + 1, at))
    }
  }

  async #take(lane: string, folders: Readonly<Record<string, string>>): Promise<void> {
    const files = Object.entries(folders).flatMap(([kind, folder]) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith('_lock'))
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => ({ path: `${kind}${file.slice(folder.length)}`, content: readFileSync(file) })),
    )
    const frames = files.flatMap(({ path, content }) => [
      Buffer.from(`${JSON.stringify({ path, size: content.length })}\n`),
      content,
    ])
    const store = Readable.from([...frames, Buffer.from(`{"files":${files.length}}\n`)])
    const state = await writeState(this.#host.instance, lane, store)
    await this.#control.ask('state.use', { lane, state })
  }

  async #admin(home: string, words: readonly string[], { input, output }: InstanceCommand): Promise<ProgramResult> {
    const java = spawn(
      'java',
      ['-XX:TieredStopAtLevel=1', '-cp', [this.#library, '*'].join('/'), 'org.neo4j.cli.AdminTool', ...words],
      {
        env: { ...process.env, NEO4J_HOME: home, NEO4J_CONF: join(home, 'conf') },
      },
    )
    const errors: Buffer[] = []
    java.stderr.on('data', (piece: Buffer) => errors.push(piece))
    const ended = new Promise<number>((resolve) => java.once('close', (code) => resolve(code ?? 1)))
    const feeding = input ? pipeline(input, java.stdin).catch(() => java.kill()) : void java.stdin.end()
    for await (const piece of java.stdout) await output?.(piece as Buffer)
    await feeding
    return { exitCode: await ended, errors: Buffer.concat(errors).toString() }
  }
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code })
}
