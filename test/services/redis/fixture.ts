import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Instance, LaneId, SavedStart, Template } from '../../../src/core/contracts.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import type { ReportEvent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { createNativeRuntime } from '../../../src/runtimes/native/index.ts'
import { type RedisLane, type RedisOptions, redis } from '../../../src/services/redis/index.ts'
import type { RedisSession } from '../../../src/services/redis/session.ts'

export interface Opened extends AsyncDisposable {
  readonly instance: Instance
  readonly session: RedisSession
  readonly template: Template
  readonly reports: readonly ReportEvent[]
}

export interface OpenOptions {
  readonly maximumLanes?: number
  readonly cacheFolder?: string
  /** Lanes begin with it. */
  readonly start?: SavedStart
}

/** A server with a prepared session, as the pool opens it. */
export async function open(options: RedisOptions, settings: OpenOptions = {}): Promise<Opened> {
  const { service, options: checked } = redis(options)
  const runs = mkdtempSync(join(tmpdir(), 'isolane-redis-test-'))
  const run = new Run(runs, 'redis-test')
  const reports: ReportEvent[] = []
  const report = (event: ReportEvent) => void reports.push(event)
  const runtime = createNativeRuntime({ run, cacheFolder: settings.cacheFolder ?? cacheFolder(), report })
  const signal = new AbortController().signal
  const context = { name: 'cache', root: runs, maximumLanes: settings.maximumLanes ?? 4, report, signal }
  const usual = await service.template(checked, context)
  // As core names it: what others make of their seeds is kept under other names, and this is not kept.
  const template = settings.start ? { fingerprint: randomBytes(32).toString('hex'), cacheable: false } : usual
  const credentials = { username: 'isolane_admin', password: 'an-administrators-secret' }
  const instance = await runtime.start(service.spec(checked, { ...context, credentials }), {
    signal,
    ...(template.cacheable ? { from: template.fingerprint } : {}),
  })
  let session: RedisSession | undefined
  const close = async () => {
    await session?.[Symbol.asyncDispose]()
    await instance[Symbol.asyncDispose]()
    run.end()
    rmSync(runs, { recursive: true, force: true })
  }
  try {
    session = (await service.open(instance, checked, context)) as RedisSession
    await (settings.start ? prepareFrom(session, template, settings.start) : session.prepare(template))
    return { instance, session, template, reports, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

export async function prepareFrom({ snapshots }: RedisSession, template: Template, start: SavedStart): Promise<void> {
  if ('unsupported' in snapshots || !snapshots.prepareFrom) throw new Error('lanes can not begin with a saved state')
  await snapshots.prepareFrom(template, start)
}

export function laneId(number: number): LaneId {
  return { number, name: `lane-${number}` }
}

/** A client as a test would make it from REDIS_URL. Reconnects never, so that a killed connection shows. */
export function connect(lane: RedisLane, options: { db?: number } = {}): Redis & Disposable {
  const url = options.db === undefined ? lane.url : lane.url.replace(/\d+$/, String(options.db))
  const client = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0 })
  client.on('error', () => {})
  return Object.assign(client, { [Symbol.dispose]: () => client.disconnect() })
}

/** What the server answers, or the error it refuses with. */
export async function outcome(reply: Promise<unknown>): Promise<unknown> {
  return reply.catch((error: Error) => error.message)
}
