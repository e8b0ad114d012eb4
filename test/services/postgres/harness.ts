import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { EngineSpec, Instance, LaneId, ServiceSession, Template } from '../../../src/core/contracts.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import type { ReportEvent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { makeTemporaryFolder } from '../../../src/core/temporary-folder.ts'
import { createNativeRuntime, installEngine } from '../../../src/runtimes/native/index.ts'
import { type PostgresLane, type PostgresOptions, postgres } from '../../../src/services/postgres/index.ts'

export const signal = new AbortController().signal

/** A folder for migrations and state, removed by the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'isolane-postgres-'))
  chmodSync(folder, 0o755)
  return folder
}

export function nativeRuntime(stateFolder: string) {
  const run = new Run(join(stateFolder, 'runs'), 'test')
  return createNativeRuntime({ run, cacheFolder: cacheFolder(), report: () => {} })
}

/** As a stack has them for its services. */
export async function programs(engine: EngineSpec): Promise<string> {
  return (await installEngine(engine, { cacheFolder: cacheFolder(), report: () => {}, signal })).programsFolder
}

export interface Subject {
  readonly session: ServiceSession<PostgresLane>
  readonly instance: Instance
  readonly template: Template
  readonly folder: string
  readonly events: ReportEvent[]
  /** A new lane, and a client in it. */
  lane(): Promise<Lane>
  /** A superuser's connection: to look behind the scenes, never to do what a test of a user would. */
  admin(database?: string): Promise<pg.Client>
  dispose(): Promise<void>
}

export interface Lane {
  readonly id: LaneId
  readonly endpoint: PostgresLane
  readonly client: pg.Client
  /** Another connection of the same lane. */
  connect(): Promise<pg.Client>
  reset(connections?: 'keep' | 'close'): Promise<void>
  /** First column of the first row. */
  value(text: string, values?: unknown[]): Promise<unknown>
}

interface SubjectChanges {
  readonly prepare?: boolean
  readonly save?: boolean
  readonly programs?: typeof programs
}

/**
 * A server with a prepared template. `files` are written to the root first. Without `save`, templates of tests are not
 * kept in the cache.
 */
export async function subject(
  options: PostgresOptions,
  files: Readonly<Record<string, string>> = {},
  { prepare = true, save = false, ...changes }: SubjectChanges = {},
): Promise<Subject> {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const events: ReportEvent[] = []
  const definition = postgres(options)
  const context = {
    name: 'postgres',
    root: folder,
    maximumLanes: 16,
    report: (event: ReportEvent) => events.push(event),
    signal,
    programs: changes.programs ?? programs,
    temporaryFolder: () => makeTemporaryFolder(new Run(join(folder, 'runs'), 'test')),
  }
  const credentials = { username: 'admin', password: crypto.randomUUID().replaceAll('-', '') }
  const spec = definition.service.spec(definition.options, { ...context, credentials })
  const template = await definition.service.template(definition.options, context)
  const instance = await nativeRuntime(folder).start(spec, { signal })
  const open: pg.Client[] = []
  const connect = async (config: pg.ClientConfig) => {
    const client = new pg.Client(config)
    client.on('error', () => {})
    await client.connect()
    open.push(client)
    return client
  }
  let session: ServiceSession<PostgresLane> | undefined
  const dispose = async () => {
    await Promise.all(open.map((client) => client.end().catch(() => {})))
    await session?.[Symbol.asyncDispose]()
    await instance[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    session = await definition.service.open(instance, definition.options, context)
    if (prepare) await session.prepare(save ? template : { ...template, cacheable: false })
  } catch (error) {
    await dispose()
    throw error
  }
  const opened = session
  let numbers = 0
  return {
    session: opened,
    instance,
    template,
    folder,
    events,
    dispose,
    admin: (database = 'postgres') => {
      const { host, ports } = instance.endpoint
      const { username: user, password } = credentials
      return connect({ host, port: ports.postgres, user, password, database })
    },
    lane: async () => {
      numbers += 1
      const id = { number: numbers, name: `lane-${numbers}` }
      const endpoint = await opened.createLane(id)
      const client = await connect({ connectionString: endpoint.url })
      return {
        id,
        endpoint,
        client,
        connect: () => connect({ connectionString: endpoint.url }),
        reset: (connections = 'keep') => opened.resetLane(id, { connections }),
        value: async (text, values) => {
          const { rows } = await client.query<unknown[]>({ text, values: values ?? [], rowMode: 'array' })
          return rows[0]?.[0]
        },
      }
    },
  }
}
