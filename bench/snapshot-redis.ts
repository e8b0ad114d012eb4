/** A Redis lane saved to disk and loaded from there, every key with its type and time to live. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { Redis } from 'ioredis'
import { foldersOnPath, isExecutable } from '../src/core/programs.ts'
import { type RedisLane, redis } from '../src/services/redis/index.ts'
import { lease } from './leased.ts'
import type { Row } from './row.ts'
import { median, timed } from './statistics.ts'

const keys = 100_000
const rounds = 5
const wanted = 100_000

export async function benchRedisSnapshots(): Promise<Row[]> {
  await using leased = await lease({ redis: redis({ version: 'valkey' }) }, 'shared', 1, 'native')
  const [lane] = leased.lanes
  const [client] = leased.clients
  if (!lane || !client) throw new Error('no lane was leased')
  const address = lane.endpoints.redis as RedisLane
  const folder = await mkdtemp(join(tmpdir(), 'isolane-bench-'))
  const connection = new Redis(address.url)
  try {
    await fill(connection)
    const saves: number[] = []
    const loads: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const target = join(folder, `state-${round}`)
      await mkdir(target)
      const begun = performance.now()
      const saved = await client.request('saveState', { folder: target })
      saves.push(performance.now() - begun)
      await connection.flushdb()
      loads.push(await timed(() => client.request('loadState', { folder: target, saved })))
      if ((await connection.dbsize()) !== keys) throw new Error('the lane is not as it was')
      theirs.push(...(await rdbTime(address, join(folder, 'all.rdb'))))
    }
    return [
      row('saved to disk', saves, theirs, '`redis-cli --rdb` of the whole server'),
      row('loaded from disk', loads, [], ''),
    ]
  } finally {
    connection.disconnect()
    await rm(folder, { recursive: true, force: true })
  }
}

function row(what: string, times: readonly number[], others: readonly number[], against: string): Row {
  const perSecond = (milliseconds: number) => (keys / milliseconds) * 1_000
  const ours = perSecond(median(times))
  const theirs = others.length === 0 ? undefined : perSecond(median(others))
  return {
    what: `Redis, ${keys.toLocaleString('en')} keys ${what}${theirs === undefined ? '' : `, against ${against}`}`,
    ours,
    ...(theirs === undefined ? {} : { theirs, ratio: ours / theirs }),
    unit: 'keys/s',
    target: `≥ ${wanted.toLocaleString('en')} keys/s`,
    reached: ours >= wanted,
  }
}

async function fill(connection: Redis): Promise<void> {
  for (let first = 0; first < keys; first += 1_000) {
    const pipeline = connection.pipeline()
    for (let index = first; index < first + 1_000; index += 1) {
      if (index % 4 === 0) pipeline.hset(`hash:${index}`, { name: 'a', other: String(index) })
      else if (index % 4 === 1) pipeline.rpush(`list:${index}`, 'a', 'b', String(index))
      else if (index % 4 === 2) pipeline.zadd(`scores:${index}`, 1, 'a', index, 'b')
      else pipeline.set(`text:${index}`, `value ${index}`, 'PX', 3_600_000)
    }
    await pipeline.exec()
  }
}

async function rdbTime({ host, port, username, password }: RedisLane, file: string): Promise<number[]> {
  const program = foldersOnPath()
    .flatMap((folder) => [join(folder, 'valkey-cli'), join(folder, 'redis-cli')])
    .find(isExecutable)
  if (!program) return []
  const words = ['-h', host, '-p', String(port), '--user', String(username), '--rdb', file]
  return [await timed(() => execa(program, words, { env: { REDISCLI_AUTH: String(password) } }))]
}
