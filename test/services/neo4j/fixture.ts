import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import neo4jDriver, { type Driver, type RecordShape } from 'neo4j-driver'
import { buildHost } from '../../../neo4j-host/build.ts'
import type { Instance, LaneId, Runtime, RuntimeContext, SavedStart, Template } from '../../../src/core/contracts.ts'
import { fingerprint } from '../../../src/core/fingerprint.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import type { ReportEvent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { createNativeRuntime } from '../../../src/runtimes/native/index.ts'
import { type Neo4jLane, type Neo4jOptions, neo4j } from '../../../src/services/neo4j/index.ts'
import type { Neo4jSession } from '../../../src/services/neo4j/session.ts'

export interface Opened extends AsyncDisposable {
  readonly instance: Instance
  readonly session: Neo4jSession
  readonly template: Template
  readonly reports: readonly ReportEvent[]
}

export interface OpenOptions {
  /** Folder that paths in options start from. */
  readonly root?: string
  readonly password?: string
  /** Where runs are on record. */
  readonly runs?: string
  /** What lanes begin with, instead of migrations and seed. */
  readonly start?: SavedStart
  /** Native unless told otherwise. */
  readonly createRuntime?: (context: RuntimeContext) => Runtime
}

/** A host with a prepared session, as the pool opens it. */
export async function open(options: Neo4jOptions = {}, settings: OpenOptions = {}): Promise<Opened> {
  await buildHost(join(import.meta.dirname, '../../../dist/neo4j-host.jar'))
  const { service, options: checked } = neo4j(options)
  const runs = settings.runs || mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
  const run = new Run(runs, 'neo4j-test')
  const reports: ReportEvent[] = []
  const report = (event: ReportEvent) => void reports.push(event)
  const runtime = (settings.createRuntime ?? createNativeRuntime)({ run, cacheFolder: cacheFolder(), report })
  const signal = new AbortController().signal
  const context = { name: 'graph', root: settings.root ?? runs, maximumLanes: 16, report, signal }
  const usual = await service.template(checked, context)
  const template = settings.start ? { fingerprint: fingerprint('start', usual.fingerprint), cacheable: false } : usual
  const credentials = { username: 'isolane_admin', password: settings.password ?? 'a-stacks-secret' }
  const instance = await runtime.start(service.spec(checked, { ...context, credentials }), {
    signal,
    ...(template.cacheable ? { from: template.fingerprint } : {}),
  })
  let session: Neo4jSession | undefined
  const close = async () => {
    await session?.[Symbol.asyncDispose]()
    await instance[Symbol.asyncDispose]()
    run.end()
    rmSync(runs, { recursive: true, force: true })
  }
  try {
    session = (await service.open(instance, checked, context)) as Neo4jSession
    if (settings.start) await session.snapshots.prepareFrom(template, settings.start)
    else await session.prepare(template)
    return { instance, session, template, reports, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Another session on the same host, with its template made. */
export async function openOn({ instance }: Opened, options: Neo4jOptions, root: string): Promise<Neo4jSession> {
  const { service, options: checked } = neo4j(options)
  const { signal } = new AbortController()
  const context = { name: 'graph', root, maximumLanes: 16, report: () => {}, signal }
  const session = (await service.open(instance, checked, context)) as Neo4jSession
  try {
    await session.prepare(await service.template(checked, context))
    return session
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}

export function laneId(number: number): LaneId {
  return { number, name: `lane-${number}` }
}

/** A driver as a test would make it from NEO4J_URI. Gives up soon, so that a lost connection shows. */
export function connect(lane: Neo4jLane, url = lane.url): Driver & AsyncDisposable {
  return neo4jDriver.driver(url, neo4jDriver.auth.basic(lane.user, lane.password), {
    maxTransactionRetryTime: 0,
    connectionTimeout: 10_000,
    disableLosslessIntegers: true,
  }) as Driver & AsyncDisposable
}

/** One auto-commit query; its records as objects. */
export async function query(driver: Driver, lane: Neo4jLane, text: string): Promise<RecordShape[]> {
  const { records } = await driver.executeQuery(text, {}, { database: lane.database })
  return records.map((record) => record.toObject())
}

export async function count(driver: Driver, lane: Neo4jLane, pattern = '(n)'): Promise<number> {
  const [record] = await query(driver, lane, `MATCH ${pattern} RETURN count(*) AS count`)
  return record?.count
}
