import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Instance, InstanceCommand, ServiceContext } from '../../../core/contracts.ts'
import { identify, isAlive, type ProcessIdentity } from '../../../core/process-identity.ts'
import { type Access, connectPatiently } from '../client.ts'
import { localeArguments } from '../locale.ts'
import type { PostgresVersion } from '../options.ts'
import { openOwnServer, type Server } from '../server.ts'
import { serverSettings } from '../settings.ts'
import { initialSuperuser } from '../spec.ts'

/** Runs a program as the user that servers run as, and takes it away with the instance. @throws what it said */
export type RunProgram = (command: InstanceCommand) => Promise<void>

export interface ScratchClusterParts {
  readonly version: PostgresVersion
  /** The folder with its programs. */
  readonly programs: string
  /** Holds its data. */
  readonly folder: string
  /** Holds its socket, which lets everybody in who reaches it: no other user can enter. */
  readonly sockets: string
  /** Names the socket; nothing listens elsewhere. */
  readonly port: number
  readonly run: RunProgram
  readonly context: ServiceContext
  readonly signal: AbortSignal
}

/** Milliseconds that a server which is told to end at once may take. */
const patience = 5_000

/** A data folder of a server's own, for as long as an upgrade takes. */
export class ScratchCluster {
  readonly data: string
  readonly #parts: ScratchClusterParts
  #serving: Promise<void> | undefined
  #ready: ProcessIdentity | undefined

  constructor(parts: ScratchClusterParts) {
    this.#parts = parts
    this.data = join(parts.folder, parts.version)
  }

  get major(): number {
    return Number(this.#parts.version)
  }

  get access(): Access {
    return { host: this.#parts.sockets, port: this.#parts.port, user: initialSuperuser }
  }

  /** As servers of ours are made; `pg_upgrade` wants both sides alike. */
  initialise(): Promise<void> {
    const { version } = this.#parts
    return this.#run('initdb', [
      `--pgdata=${this.data}`,
      `--username=${initialSuperuser}`,
      '--auth-local=trust',
      '--auth-host=reject',
      '--encoding=UTF8',
      ...localeArguments(Number(version), process.platform),
      '--no-sync',
      '--wal-segsize=1',
      ...(Number(version) >= 18 ? ['--no-data-checksums'] : []),
    ])
  }

  async start(): Promise<Server> {
    const { version, sockets, port, context, signal, programs } = this.#parts
    const settings = {
      ...serverSettings(1),
      listen_addresses: '',
      unix_socket_directories: sockets,
      port: String(port),
    }
    const serving = this.#run('postgres', [
      '-D',
      this.data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    this.#serving = serving
    const early = serving.then(() => Promise.reject(new Error(`the server of PostgreSQL ${version} ended at once`)))
    const waiting = new AbortController()
    const ready = connectPatiently(this.access, 'postgres', AbortSignal.any([signal, waiting.signal]))
    await Promise.race([ready.then((client) => client.end()), early]).finally(() => waiting.abort())
    this.#ready = this.#server()
    const instance: Instance = {
      endpoint: {
        host: sockets,
        ports: { postgres: port },
        credentials: { username: 'isolane_admin', password: randomBytes(18).toString('base64url') },
        privateFolder: sockets,
      },
      owned: true,
      origin: programs,
      logs: async () => '',
      ended: new Promise(() => {}),
      [Symbol.asyncDispose]: () => this.stop(),
    }
    return openOwnServer(instance, { version }, context)
  }

  /** Cleanly, as `pg_upgrade` wants it. */
  async stop(): Promise<void> {
    await this.#control('fast')
    await this.#serving
  }

  /** Whatever it is doing, and whoever has started it. */
  async end(): Promise<void> {
    const server = this.#server()
    if (!server || !isAlive(server)) return
    // Where nobody runs programs for us any more, we end it ourselves.
    await this.#control('immediate').catch(() => endProcess(server))
    await this.#serving?.catch(() => {})
  }

  #control(mode: 'fast' | 'immediate'): Promise<void> {
    return this.#run('pg_ctl', ['stop', '-D', this.data, '--mode', mode, '--wait', '--timeout', '120'])
  }

  /** The process that serves this folder: the one that we have seen, or whoever is named there, as `pg_upgrade` starts some. */
  #server(): ProcessIdentity | undefined {
    try {
      const pid = Number.parseInt(readFileSync(join(this.data, 'postmaster.pid'), 'utf8'), 10)
      return this.#ready?.pid === pid ? this.#ready : identify(pid)
    } catch {
      return undefined
    }
  }

  #run(program: string, words: readonly string[]): Promise<void> {
    const { programs, run } = this.#parts
    return run({ program: join(programs, program), arguments: words })
  }
}

async function endProcess(server: ProcessIdentity): Promise<void> {
  signalTo(server, 'SIGQUIT')
  for (let waited = 0; isAlive(server); waited += 10) {
    if (waited >= patience) return signalTo(server, 'SIGKILL')
    await delay(10)
  }
}

function signalTo(server: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    if (isAlive(server)) process.kill(server.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
