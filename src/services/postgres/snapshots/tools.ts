import { join } from 'node:path'
import type { Instance, InstanceCommand, ProgramResult, ServiceContext } from '../../../core/contracts.ts'
import { IsolaneError, isIsolaneError } from '../../../core/errors.ts'
import type { Access } from '../client.ts'
import { laneEndpoint, laneEnvironment } from '../lane.ts'
import type { Server } from '../server.ts'
import { providedFolder, providedTools, toolsOnMachine } from './engine.ts'
import { runLocalProgram } from './local-program.ts'

type Run = (command: InstanceCommand) => Promise<ProgramResult | undefined>

/** What a program of PostgreSQL's is asked to do with one database. */
export type ToolCommand = Omit<InstanceCommand, 'environment'> & { readonly database: string }

export interface ToolsParts {
  readonly instance: Instance
  readonly server: Server
  readonly context: ServiceContext
  /** Aborted when nothing is to go on: the stack ends, or the session does. */
  readonly signal: AbortSignal
}

/** `pg_dump`, `pg_restore` and `psql` of one version, wherever they are. */
export class Tools {
  readonly version: string
  readonly #run: Run
  readonly #signal: AbortSignal
  readonly #environment: (database: string) => Record<string, string>

  private constructor(
    version: string,
    run: Run,
    signal: AbortSignal,
    environment: (database: string) => Record<string, string>,
  ) {
    this.version = version
    this.#run = run
    this.#signal = signal
    this.#environment = environment
  }

  /**
   * Those beside the server, else on this machine, else provided.
   * @param major the oldest that will do: that of the server, or of the program that has made a dump
   * @throws ISOLANE_ENGINE_NOT_FOUND, ISOLANE_ENGINE_INSTALL_FAILED
   */
  static async find(parts: ToolsParts, major: number): Promise<Tools> {
    const { instance, context } = parts
    if (instance.run) {
      const run = (command: InstanceCommand) => instance.run?.(command) ?? Promise.resolve(undefined)
      const version = await versionBeside(run)
      if (version !== undefined && Number.parseInt(version, 10) >= major) {
        return new Tools(version, run, parts.signal, (database) => ({
          ...environmentFor(parts, database),
          PGHOST: '{host}',
          PGPORT: '{port.postgres}',
        }))
      }
    }
    return Tools.onMachine(context, parts.signal, major, (database) => environmentFor(parts, database))
  }

  /**
   * Those on this machine, else provided.
   * @param environment how programs reach a database: libpq's variables
   * @throws ISOLANE_ENGINE_NOT_FOUND, ISOLANE_ENGINE_INSTALL_FAILED
   */
  static async onMachine(
    context: ServiceContext,
    signal: AbortSignal,
    major: number,
    environment: (database: string) => Record<string, string>,
  ): Promise<Tools> {
    const folder = await folderOf(context, major)
    const run = (command: InstanceCommand) => runLocalProgram(folder, command)
    const version = (await versionOf(run, 'pg_dump')) ?? String(major)
    return new Tools(version, run, signal, (database) => ({ ...environment(database), ...ourVariables }))
  }

  /** The same programs, for another server that lets everybody in who reaches it. */
  at({ host, port, user }: Access): Tools {
    return new Tools(this.version, this.#run, this.#signal, (database) => ({
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGDATABASE: database,
      ...ourVariables,
    }))
  }

  get name(): string {
    return `pg_dump ${this.version}`
  }

  get major(): number {
    return Number.parseInt(this.version, 10)
  }

  /** @throws what the program said when it failed, as an `Error`; ISOLANE_STACK_CLOSED when nothing is to go on */
  async run({ database, ...command }: ToolCommand): Promise<void> {
    const signal = command.signal ? AbortSignal.any([command.signal, this.#signal]) : this.#signal
    const running = this.#run({ ...command, environment: this.#environment(database), signal })
    const result = await running.catch((error: unknown) => {
      throw this.#signal.aborted ? closed(command.program, error) : error
    })
    if (result?.exitCode === 0) return
    const lines = result?.errors.split('\n').filter(Boolean) ?? [`${command.program} is gone`]
    const telling = lines.find((line) => /error|fatal/i.test(line)) ?? lines[0]
    throw new Error(telling ?? `${command.program} has failed`, { cause: new Error(lines.join('\n')) })
  }
}

/** All three are there, of one version. */
async function versionBeside(run: Run): Promise<string | undefined> {
  const versions: (string | undefined)[] = []
  for (const program of ['pg_dump', 'pg_restore', 'psql']) {
    versions.push(await versionOf(run, program))
    if (versions.at(-1) === undefined || versions.at(-1) !== versions[0]) return undefined
  }
  return versions[0]
}

async function versionOf(run: Run, program: string): Promise<string | undefined> {
  const pieces: Uint8Array[] = []
  const output = async (piece: Uint8Array) => {
    pieces.push(piece)
  }
  const result = await run({ program, arguments: ['--version'], output }).catch(() => undefined)
  if (result?.exitCode !== 0) return undefined
  return /PostgreSQL\) (\d+(?:\.\d+)*)/.exec(Buffer.concat(pieces).toString())?.[1]
}

/** What is told of a program that was ended because nothing is to go on. */
export function closed(program: string, cause: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STACK_CLOSED',
    message: `The stack has ended while ${program} was at work`,
    remedy: 'do it again on a stack that runs',
    cause,
  })
}

async function folderOf({ name, programs }: ServiceContext, major: number): Promise<string> {
  const found = toolsOnMachine(major)
  if (!programs || !found) {
    throw new IsolaneError({
      code: 'ISOLANE_ENGINE_NOT_FOUND',
      message: `There is no pg_dump of version ${major} or newer for ${name}`,
      remedy: 'install the client programs of PostgreSQL on this machine',
    })
  }
  try {
    return await programs(found)
  } catch (error) {
    if (!isIsolaneError(error, 'ISOLANE_ENGINE_NOT_FOUND')) throw error
    return join(await programs(providedTools()), providedFolder)
  }
}

/** As a superuser where we are one, else as whom the lanes belong to. The password goes no other way than this. */
function environmentFor({ instance, server }: ToolsParts, database: string): Record<string, string> {
  const { address, admin, superuser, tenancy } = server
  const who = tenancy
    ? { user: admin.user, password: admin.password ?? '' }
    : { user: instance.endpoint.credentials.username, password: instance.endpoint.credentials.password }
  const endpoint = laneEndpoint(superuser ? { ...address, ...who } : address, database)
  return { ...laneEnvironment(endpoint), ...ourVariables }
}

const ourVariables = { PGAPPNAME: 'isolane', PGCONNECT_TIMEOUT: '15' }
