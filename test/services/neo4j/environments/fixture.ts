import { mkdtempSync, rmSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildHost } from '../../../../neo4j-host/build.ts'
import type { EnvironmentId, Instance, Runtime, RuntimeContext, Swept } from '../../../../src/core/contracts.ts'
import { cacheFolder } from '../../../../src/core/folders.ts'
import type { ReportEvent } from '../../../../src/core/report.ts'
import { Run } from '../../../../src/core/run.ts'
import { createNativeRuntime } from '../../../../src/runtimes/native/index.ts'
import { type Neo4jOptions, neo4j } from '../../../../src/services/neo4j/index.ts'
import type { Neo4jSession } from '../../../../src/services/neo4j/session.ts'

export function environmentId(name: string, index: number, more: Partial<EnvironmentId> = {}): EnvironmentId {
  return { name, number: index + 1, index, label: `tta-${name}`, protected: false, ...more }
}

/** What a stack keeps from one time it is up to the next. */
export class Kept implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'isolane-neo4j-environments-'));

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface Up extends AsyncDisposable {
  readonly instance: Instance
  readonly session: Neo4jSession & { readonly environments: NonNullable<Neo4jSession['environments']> }
  readonly reports: readonly ReportEvent[]
  /** Removes what it keeps, when it has ended. */
  forget(): Promise<readonly Swept[]>
}

export interface UpOptions {
  readonly kept: Kept
  readonly environments: readonly EnvironmentId[]
  readonly root?: string
  readonly createRuntime?: (context: RuntimeContext) => Runtime
}

/** A host with environments, as `isolane up` has it. */
export async function up(options: Neo4jOptions, { kept, environments, root, createRuntime }: UpOptions): Promise<Up> {
  await buildHost(join(import.meta.dirname, '../../../../dist/neo4j-host.jar'))
  const { service, options: checked } = neo4j(options)
  const run = new Run(join(kept.folder, 'runs'), 'neo4j-test')
  const reports: ReportEvent[] = []
  const report = (event: ReportEvent) => void reports.push(event)
  const runtime = (createRuntime ?? createNativeRuntime)({ run, cacheFolder: cacheFolder(), report })
  const { signal } = new AbortController()
  const context = { name: 'graph', root: root ?? kept.folder, maximumLanes: 4, report, signal, environments }
  const credentials = { username: 'isolane_admin', password: 'a-stacks-secret' }
  const spec = service.spec(checked, { ...context, credentials })
  const instance = await runtime.start(spec, { signal, keep: 'tta-graph' })
  const session = (await service.open(instance, checked, context)) as Up['session']
  const close = async () => {
    await session[Symbol.asyncDispose]()
    await instance[Symbol.asyncDispose]()
    run.end()
  }
  try {
    await session.prepare(await service.template(checked, context))
    const forget = async () => (await runtime.forget?.('tta-graph')) ?? []
    return { instance, session, reports, forget, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Where the host program keeps them. */
export async function environmentsFolder({ folder }: Kept): Promise<string> {
  for await (const found of glob('**/data/environments', { cwd: folder })) return join(folder, found)
  throw new Error('there are no environments')
}

/** A port that is free with the next environments', and with those for HTTP, 500 further. */
export async function freePorts(environments: number): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const free = await Promise.all(Array.from({ length: 2 * environments }, (_, index) => isFree(port + 500 * index)))
    if (!free.includes(false)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
