/** From nothing to a leased lane, and leasing one that waits. */

import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runtimes } from '../src/builtin.ts'
import { resolveConfig } from '../src/core/config-check.ts'
import { LaneClient } from '../src/core/lane-client.ts'
import { silent } from '../src/core/report.ts'
import { openStackHandle, type StackHandle } from '../src/core/stack-handle.ts'
import { defineStack, postgres, redis } from '../src/index.ts'
import { embeddedPostgres } from './embedded-postgres.ts'
import type { Row } from './row.ts'
import { median, quantile, timed } from './statistics.ts'

const rounds = 7
const leases = 300
const holder = { pid: process.pid, what: 'bench' }

export async function benchStack(): Promise<Row[]> {
  await openAndLease().then(({ close }) => close())
  const program = await systemRedis()
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    let opened: { close(): Promise<void> } | undefined
    ours.push(
      await timed(async () => {
        opened = await openAndLease()
      }),
    )
    await opened?.close()
    theirs.push(await startByHand(program))
  }
  const cold = median(ours)
  const byHand = median(theirs)
  return [
    {
      what: 'Postgres + Redis, engines cached, from nothing to a leased lane (against embedded-postgres and redis-memory-server)',
      ours: cold,
      theirs: byHand,
      ratio: cold / byHand,
      unit: 'ms',
      target: '≤ 400 ms',
      reached: cold <= 400,
    },
    ...(await leaseRows()),
  ]
}

async function openAndLease(): Promise<{ handle: StackHandle; close(): Promise<void> }> {
  const config = resolveConfig(defineStack({ services: { postgres: postgres(), redis: redis() } }), process.cwd(), {})
  const handle = await openStackHandle({
    config,
    runtimes,
    workers: 2,
    report: silent,
    signal: new AbortController().signal,
  })
  const client = await LaneClient.connect(handle.source.address)
  await client.request('lease', { holder })
  return {
    handle,
    close: async () => {
      client.close()
      await handle.close()
    },
  }
}

async function leaseRows(): Promise<Row[]> {
  const { handle, close } = await openAndLease()
  const times: number[] = []
  for (let count = 0; count < leases; count += 1) {
    await ready(handle)
    const begun = performance.now()
    const client = await LaneClient.connect(handle.source.address)
    await client.request('lease', { holder })
    times.push(performance.now() - begun)
    client.close()
  }
  await close()
  const p50 = quantile(times, 0.5)
  const p99 = quantile(times, 0.99)
  return [
    {
      what: 'lease of a waiting lane, connection included, p50',
      ours: p50,
      unit: 'ms',
      target: '≤ 5 ms',
      reached: p50 <= 5,
    },
    {
      what: 'lease of a waiting lane, connection included, p99',
      ours: p99,
      unit: 'ms',
      target: '≤ 20 ms',
      reached: p99 <= 20,
    },
  ]
}

/** Until a clean lane waits. */
async function ready(handle: StackHandle): Promise<void> {
  for (;;) {
    const { pool } = await handle.status()
    if (pool.lanes.some(({ phase }) => phase === 'ready')) return
    await new Promise(setImmediate)
  }
}

/** A cluster and a server per worker, as people start them today. Both are started side by side. */
async function startByHand(program: string): Promise<number> {
  const require = createRequire(join(import.meta.dirname, 'package.json'))
  const { RedisMemoryServer } = await import(require.resolve('redis-memory-server'))
  const folder = await mkdtemp(join(tmpdir(), 'isolane-bench-'))
  // The cluster's own user must be able to enter it.
  await chmod(folder, 0o777)
  const cluster = await embeddedPostgres(join(folder, 'data'), 20_000 + Math.floor(Math.random() * 20_000))
  const server = new RedisMemoryServer({ autoStart: false, binary: { systemBinary: program } })
  const took = await timed(() =>
    Promise.all([
      (async () => {
        await cluster?.initialise()
        await cluster?.start()
        await cluster?.createDatabase('worker_1')
      })(),
      server.start(),
    ]),
  )
  await Promise.all([cluster?.stop(), server.stop()])
  await rm(folder, { recursive: true, force: true })
  return took
}

/** The server that Isolane itself uses, so that only the way of starting it differs. */
async function systemRedis(): Promise<string> {
  const { handle, close } = await openAndLease()
  const { services } = await handle.status()
  const [pid] = services.find(({ kind }) => kind === 'redis')?.pids ?? []
  const program = await realpath(`/proc/${pid}/exe`)
  await close()
  return program
}
