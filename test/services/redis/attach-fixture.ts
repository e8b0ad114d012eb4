import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Instance, InstanceSpec } from '../../../src/core/contracts.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import { type ReportEvent, silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { createAttachRuntime } from '../../../src/runtimes/attach/index.ts'
import { createNativeRuntime } from '../../../src/runtimes/native/index.ts'
import { type RedisOptions, redis } from '../../../src/services/redis/index.ts'
import { RedisSession } from '../../../src/services/redis/session.ts'
import type { Opened } from './fixture.ts'

const administrator = { username: 'owner', password: 'the-owners/secret%' }
const signal = new AbortController().signal

export interface StrangerOptions {
  readonly version: string
  /** A fixed port, for a server that comes back. */
  readonly port?: number
  /** How many DB numbers it has. */
  readonly databases?: number
  /** Further lines of its configuration. */
  readonly configuration?: readonly string[]
}

/** A server that is somebody else's. */
export interface Stranger extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Its owner's own client, in DB 0. */
  readonly owner: Redis
  /** Every key of every DB, and all users: what must be the same when we have left. */
  contents(): Promise<unknown>
}

export async function startStranger(options: StrangerOptions): Promise<Stranger> {
  const { version, port, databases = 24, configuration = [] } = options
  const folder = mkdtempSync(join(tmpdir(), 'isolane-stranger-'))
  const run = new Run(join(folder, 'runs'), folder)
  const runtime = createNativeRuntime({ run, cacheFolder: cacheFolder(), report: silent })
  const { service, options: checked } = redis({ version, ...(port === undefined ? {} : { port }) })
  const context = { name: 'stranger', root: folder, maximumLanes: 1, report: silent, signal }
  const spec = service.spec(checked, { ...context, credentials: administrator })
  const instance = await runtime.start(configured(spec, [`databases ${databases}`, ...configuration]), { signal })
  const url = new URL(`redis://127.0.0.1:${instance.endpoint.ports.redis}`)
  url.username = administrator.username
  url.password = encodeURIComponent(administrator.password)
  const owner = new Redis(url.href, { lazyConnect: true })
  owner.on('error', () => {})
  return {
    url: url.href,
    port: instance.endpoint.ports.redis ?? 0,
    owner,
    contents: () => contents(owner),
    [Symbol.asyncDispose]: async () => {
      owner.disconnect()
      await instance[Symbol.asyncDispose]()
      run.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function configured(spec: InstanceSpec, lines: readonly string[]): InstanceSpec {
  const copy = structuredClone({ ...spec, ports: { ...spec.ports, tls: 0 } }) as {
    native: { serve: { files: Record<string, string> } }
  } & InstanceSpec
  const { files } = copy.native.serve
  for (const [path, text] of Object.entries(files)) files[path] = `${text}${lines.join('\n')}\n`
  return copy
}

async function contents(owner: Redis): Promise<unknown> {
  const keyspace = await owner.info('keyspace')
  const all = [...keyspace.matchAll(/^db(\d+):/gm)].map(async ([, database]) => {
    const script = `redis.call('select', ARGV[1])
      local all = {}
      for _, key in ipairs(redis.call('keys', '*')) do all[#all + 1] = key .. '=' .. redis.call('dump', key) end
      table.sort(all)
      return all`
    return [database, await owner.eval(script, 0, database ?? '0')]
  })
  return { databases: Object.fromEntries(await Promise.all(all)), users: await owner.call('ACL', 'LIST') }
}

/** A session as the pool opens it, prepared. */
export async function attach(options: RedisOptions, lease?: number, environment = {}): Promise<Opened> {
  const definition = redis(options)
  const reports: ReportEvent[] = []
  const report = (event: ReportEvent) => void reports.push(event)
  const context = { name: 'cache', root: '/a/project', maximumLanes: 4, report, signal }
  const credentials = { username: 'unused', password: 'unused' }
  const spec = definition.service.spec(definition.options, { ...context, credentials, environment })
  const instance: Instance = await createAttachRuntime().start(spec, { signal })
  const template = await definition.service.template(definition.options, context)
  const session = await RedisSession.open(instance, definition.options as RedisOptions, context, lease)
  const close = () => session[Symbol.asyncDispose]()
  try {
    await session.prepare(template)
    return { instance, session, template, reports, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
