/** Resetting a lane, and making one beside starting a server for each worker. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { ServiceSession } from '../src/core/contracts.ts'
import { cacheFolder } from '../src/core/folders.ts'
import { silent } from '../src/core/report.ts'
import { Run } from '../src/core/run.ts'
import { createNativeRuntime } from '../src/runtimes/native/index.ts'
import { type RedisLane, redis } from '../src/services/redis/index.ts'
import type { Row } from './row.ts'
import { median, quantile, timed } from './statistics.ts'

const resets = 500
const lanes = 50
const servers = 10
const seeds = 100
const keys = 900

export async function benchRedis(): Promise<Row[]> {
  const { session, program, close } = await open()
  try {
    return [await resetRow(session), ...(await laneRow(session, program))]
  } finally {
    await close()
  }
}

/** A lane with 100 keys of the seed and 900 more of all common types. */
async function resetRow(session: ServiceSession<RedisLane>): Promise<Row> {
  const id = { number: 1, name: 'lane-1' }
  const lane = await session.createLane(id)
  const client = new Redis(lane.url)
  const times: number[] = []
  for (let count = 0; count < resets; count += 1) {
    await fill(client)
    times.push(await timed(() => session.resetLane(id, { connections: 'keep' })))
    if ((await client.dbsize()) !== seeds) throw new Error('the lane is not as it was')
  }
  client.disconnect()
  const p50 = median(times)
  return {
    what: `Redis reset of a lane with ${keys + seeds} keys, ${seeds} of them restored, p50 (p99 ${quantile(times, 0.99).toFixed(2)} ms)`,
    ours: p50,
    unit: 'ms',
    target: '≤ 1 ms',
    reached: p50 <= 1,
  }
}

async function fill(client: Redis): Promise<void> {
  const pipeline = client.pipeline()
  for (let index = 0; index < keys / 3; index += 1) {
    pipeline.set(`text:${index}`, `value ${index}`)
    pipeline.hset(`hash:${index}`, { name: 'a', other: 'b' })
    pipeline.rpush(`list:${index}`, 'a', 'b', 'c')
  }
  await pipeline.exec()
}

/** The same server program in both cases. */
async function laneRow(session: ServiceSession<RedisLane>, program: string): Promise<Row[]> {
  const RedisMemoryServer = await memoryServer()
  if (!RedisMemoryServer) return []
  const ours: number[] = []
  for (let number = 2; number < lanes + 2; number += 1) {
    const id = { number, name: `lane-${number}` }
    ours.push(await timed(async () => ping(await session.createLane(id))))
  }
  const theirs: number[] = []
  for (let count = 0; count < servers; count += 1) {
    const server = new RedisMemoryServer({ autoStart: false, binary: { systemBinary: program } })
    theirs.push(
      await timed(async () => {
        await server.start()
        await ping({ url: `redis://${await server.getHost()}:${await server.getPort()}` })
      }),
    )
    await server.stop()
  }
  const [mine, other] = [median(ours), median(theirs)]
  return [
    {
      what: 'another Redis lane, first reply included (against a server per worker, redis-memory-server)',
      ours: mine,
      theirs: other,
      ratio: mine / other,
      unit: 'ms',
      target: '≤ 1/5 of a server per worker',
      reached: mine <= other / 5,
    },
  ]
}

async function ping({ url }: { url: string }): Promise<void> {
  const client = new Redis(url)
  await client.ping()
  client.disconnect()
}

interface MemoryServer {
  start(): Promise<unknown>
  stop(): Promise<unknown>
  getHost(): Promise<string>
  getPort(): Promise<number>
}

async function memoryServer(): Promise<(new (options: object) => MemoryServer) | undefined> {
  try {
    const require = createRequire(join(import.meta.dirname, 'package.json'))
    return (await import(require.resolve('redis-memory-server'))).RedisMemoryServer
  } catch {
    return undefined
  }
}

async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'isolane-bench-'))
  const run = new Run(folder, 'bench')
  const runtime = createNativeRuntime({ run, cacheFolder: cacheFolder(), report: silent })
  const { service, options } = redis({ version: 'valkey@9', seed })
  const signal = new AbortController().signal
  const context = { name: 'redis', root: folder, maximumLanes: lanes + 1, report: silent, signal }
  const credentials = { username: 'isolane_admin', password: 'bench' }
  const spec = service.spec(options, { ...context, credentials })
  const instance = await runtime.start(spec, { signal })
  const session = await service.open(instance, options, context)
  await session.prepare(await service.template(options, context))
  // What is found on the machine says its folder; what was provided adds where it came from.
  const origin = instance.origin.replace(/ \(.*\)$/, '')
  const program = instance.origin === origin ? join(origin, 'valkey-server') : join(origin, 'bin', 'valkey-server')
  return {
    session,
    program,
    close: async () => {
      await session[Symbol.asyncDispose]()
      await instance[Symbol.asyncDispose]()
      run.end()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function seed({ lane }: { lane: RedisLane }): Promise<void> {
  const client = new Redis(lane.url)
  await client.eval(`for i = 1, ${seeds} do redis.call('hset', 'seed:' .. i, 'name', 'a', 'other', i) end`, 0)
  client.disconnect()
}
