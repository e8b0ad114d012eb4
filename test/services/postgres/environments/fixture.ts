import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import type {
  EnvironmentId,
  EnvironmentSession,
  Instance,
  Runtime,
  ServiceSession,
} from '../../../../src/core/contracts.ts'
import type { ReportEvent } from '../../../../src/core/report.ts'
import { Run } from '../../../../src/core/run.ts'
import { makeTemporaryFolder } from '../../../../src/core/temporary-folder.ts'
import { type PostgresLane, type PostgresOptions, postgres } from '../../../../src/services/postgres/index.ts'
import { nativeRuntime, programs, signal } from '../harness.ts'

export const dev: EnvironmentId = { number: 1, index: 0, name: 'dev', label: 'tta-dev', protected: false }
export const staging: EnvironmentId = { ...dev, number: 2, index: 1, name: 'staging', label: 'tta-staging' }

/** Where a project and its data are, whatever happens to servers. */
export class Place implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'isolane-environments-'))
  readonly runtime: Runtime
  readonly #credentials = { username: 'admin', password: crypto.randomUUID() }

  constructor(runtime: (folder: string) => Runtime = nativeRuntime) {
    chmodSync(this.folder, 0o755)
    this.runtime = runtime(this.folder)
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true })
      writeFileSync(join(this.folder, name), text)
    }
  }

  remove(name: string): void {
    rmSync(join(this.folder, name))
  }

  /** Starts the server, and makes ready what every environment needs. */
  async start(options: PostgresOptions): Promise<Server> {
    const { service, options: checked } = postgres(options)
    const events: ReportEvent[] = []
    const context = {
      name: 'postgres',
      root: this.folder,
      maximumLanes: 4,
      environments: [dev, staging],
      report: (event: ReportEvent) => events.push(event),
      signal,
      programs,
      temporaryFolder: () => makeTemporaryFolder(new Run(join(this.folder, 'runs'), 'test')),
    }
    const spec = { ...service.spec(checked, { ...context, credentials: this.#credentials }), ports: { postgres: 0 } }
    await this.runtime.provide(spec, signal)
    const instance = await this.runtime.start(spec, { keep: 'tta-postgres', signal })
    const open = async () => {
      const session = (await service.open(instance, checked, context)) as EnvironmentServer
      await session.prepare(await service.template(checked, context))
      return session
    }
    const session = await open().catch(async (error: unknown) => {
      await instance[Symbol.asyncDispose]()
      throw error
    })
    return {
      session,
      events,
      instance,
      again: open,
      superuser: (database = 'postgres') => {
        const { host, ports, credentials } = instance.endpoint
        const { username: user, password } = credentials
        return connectTo({ host, port: ports.postgres, user, password, database })
      },
      async [Symbol.asyncDispose]() {
        await session[Symbol.asyncDispose]()
        await instance[Symbol.asyncDispose]()
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.forget?.('tta-postgres')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

type EnvironmentServer = ServiceSession<PostgresLane> & { readonly environments: EnvironmentSession<PostgresLane> }

export interface Server extends AsyncDisposable {
  readonly session: EnvironmentServer
  readonly events: readonly ReportEvent[]
  readonly instance: Instance
  /** Another session on the same server. */
  again(): Promise<EnvironmentServer>
  superuser(database?: string): Promise<pg.Client>
}

export async function connectTo(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config)
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Opens an environment as stacks do: with what has come since. */
export async function upToDate({ environments }: EnvironmentServer, id: EnvironmentId): Promise<PostgresLane> {
  const opened = await environments.open(id)
  return (await environments.update?.(id)) ?? opened
}

/** The first column of all rows. */
export async function column(url: string, text: string): Promise<unknown[]> {
  const client = await connectTo({ connectionString: url })
  try {
    const { rows } = await client.query<unknown[]>({ text, rowMode: 'array' })
    return rows.map(([value]) => value)
  } finally {
    await client.end()
  }
}
