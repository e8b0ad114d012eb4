/** What grows with lanes and workers: many lanes on one server, a server for each lane, a thousand workers at once. */
import { mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runtimes } from '../src/builtin.ts'
import type { Mode } from '../src/core/config.ts'
import { resolveConfig } from '../src/core/config-check.ts'
import type { ServiceDefinition } from '../src/core/contracts.ts'
import { cacheFolder, volatileFolder } from '../src/core/folders.ts'
import { LaneServer } from '../src/core/lane-server.ts'
import { withMemory } from '../src/core/process-memory.ts'
import { silent } from '../src/core/report.ts'
import { Stack } from '../src/core/stack.ts'
import { neo4j, postgres, redis } from '../src/index.ts'
import { lackingForDocker } from '../test/docker.ts'
import { containersOf, megabytesOf } from './containers.ts'
import { runWorkers } from './lane-workers.ts'
import type { Row } from './row.ts'
import { median, quantile } from './statistics.ts'

const workers = 1_000
const workerProcesses = 4
const minute = 60_000
/** Lanes of the stacks that are compared in both modes. */
const fewLanes = 4

const kinds = [
  { kind: 'Redis', definition: redis(), image: 'valkey/valkey:9', many: 1_000 },
  { kind: 'Postgres', definition: postgres({ version: '17' }), image: 'postgres:17', many: 256 },
  { kind: 'Neo4j', definition: neo4j({ version: '5.26' }), image: 'neo4j:5.26', many: 64 },
] as const

export async function benchScaling(): Promise<Row[]> {
  const rows: Row[] = []
  for (const { kind, definition, image, many } of kinds) {
    rows.push(...(await laneRows(kind, definition, many)), ...(await modeRows(kind, definition, 'native')))
    const lacking = await lackingForDocker(image)
    if (lacking) console.log(`${kind} in Docker is not measured${lacking}`)
    else rows.push(...(await modeRows(kind, definition, 'docker')))
  }
  return [...rows, ...(await workerRows())]
}

interface Grown {
  readonly stack: Stack
  /** Milliseconds until the first lane was ready, and from then until all were. */
  readonly first: number
  readonly further: number
  /** Of local processes without the data they share, of containers with them: as the system counts. */
  readonly megabytes: number
  /** On memory-backed storage, where there is room for it. Local processes only. */
  readonly dataMegabytes: number
  close(): Promise<void>
}

interface Growth {
  readonly mode?: Mode
  readonly runtime?: 'native' | 'docker'
}

async function grow(
  definition: ServiceDefinition,
  lanes: number,
  { mode = 'shared', runtime = 'native' }: Growth = {},
): Promise<Grown> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'isolane-bench-')))
  const config = { services: { service: definition }, runtime, mode, lanes }
  const before = usedBytes()
  const begun = performance.now()
  const stack = await Stack.open({
    config: resolveConfig(config, root, {}),
    runtimes,
    stateFolder: root,
    cacheFolder: cacheFolder(),
    workers: lanes,
    report: silent,
    signal: new AbortController().signal,
  })
  const first = performance.now() - begun
  while (stack.pool.status().lanes.filter(({ phase }) => phase === 'ready').length < lanes) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const further = performance.now() - begun - first
  return {
    stack,
    first,
    further,
    megabytes: runtime === 'docker' ? await megabytesOf(await containersOf(root)) : await processMegabytes(stack),
    dataMegabytes: (usedBytes() - before) / 2 ** 20,
    close: async () => {
      await stack.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

async function processMegabytes(stack: Stack): Promise<number> {
  const { services } = withMemory(await stack.status())
  return (services[0]?.memoryBytes ?? Number.NaN) / 2 ** 20
}

function usedBytes(): number {
  const { blocks, bfree, bsize } = statfsSync(volatileFolder(2 ** 30))
  return (blocks - bfree) * bsize
}

/** All lanes on one server. */
async function laneRows(kind: string, definition: ServiceDefinition, lanes: number): Promise<Row[]> {
  // Not measured: engines, class-data archives and templates are made once and kept.
  await (await grow(definition, 1)).close()
  const one = await measure(definition, 1)
  const many = await measure(definition, lanes)
  const server = `one ${kind} server`
  return [
    figure(`${lanes} lanes on ${server}, from the first to the last ready`, many.further, 'ms'),
    figure(`${lanes} lanes on ${server}, its memory`, many.megabytes, 'MB', one.megabytes),
    figure(`${lanes} lanes on ${server}, its data`, many.dataMegabytes, 'MB', one.dataMegabytes),
  ]
}

/** What the first lane costs, and each one more: on the same server, or with one of its own. */
async function modeRows(kind: string, definition: ServiceDefinition, runtime: 'native' | 'docker'): Promise<Row[]> {
  const one = await measure(definition, 1, { runtime })
  const shared = await measure(definition, fewLanes, { runtime })
  const isolated = await measure(definition, fewLanes, { runtime, mode: 'isolated' })
  const time = ({ further }: Grown) => further / (fewLanes - 1)
  const memory = ({ megabytes }: Grown) => (megabytes - one.megabytes) / (fewLanes - 1)
  const first = `${kind} on ${runtime}, the first lane`
  const more = `${kind} on ${runtime}, a lane more with a server of its own (against one on the same server)`
  return [
    figure(`${first}, from nothing`, one.first, 'ms'),
    figure(`${first}, memory`, one.megabytes, 'MB'),
    figure(more, time(isolated), 'ms', time(shared)),
    figure(`${more}, memory`, memory(isolated), 'MB', memory(shared)),
  ]
}

async function measure(definition: ServiceDefinition, lanes: number, growth?: Growth): Promise<Grown> {
  const grown = await grow(definition, lanes, growth)
  await grown.close()
  return grown
}

/** Each worker holds a lane for two seconds, resets it four times meanwhile, and comes again. */
async function workerRows(): Promise<Row[]> {
  const { stack, close } = await grow(redis(), workers + 1)
  const server = await LaneServer.open({ stack })
  const heldFolder = mkdtempSync(join(tmpdir(), 'isolane-held-'))
  const orders = { address: server.address, heldFolder, workers, duration: minute, resetsPerTurn: 4, pause: 500 }
  const { leases, resets, failures } = await runWorkers(orders, workerProcesses)
  const left = stack.pool.status().lanes.filter(({ phase }) => phase === 'leased').length
  const counted = stack.pool.status().leases.count
  await server.close()
  await close()
  rmSync(heldFolder, { recursive: true, force: true })
  const lost = failures.length + Math.abs(counted - leases.length)
  const what = `${workers} workers for a minute on Redis, ${leases.length} leases and ${resets.length} resets`
  return [
    { what: `${what}: lost or shared`, ours: lost, unit: '', target: '0', reached: lost === 0 && left === 0 },
    figure(
      `${what}: lease, connection included, p50 (p99 ${quantile(leases, 0.99).toFixed(1)} ms)`,
      median(leases),
      'ms',
    ),
    figure(`${what}: reset, p50 (p99 ${quantile(resets, 0.99).toFixed(1)} ms)`, median(resets), 'ms'),
  ]
}

/** A figure for docs/scaling.md, with no target of its own. */
function figure(what: string, ours: number, unit: string, theirs?: number): Row {
  const beside = theirs === undefined ? {} : { theirs, ratio: ours / theirs }
  return { what, ours, unit, ...beside, target: 'none', reached: true }
}
