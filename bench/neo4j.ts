/** Lanes on one Neo4j host beside a stock Neo4j server for each worker, on the same jars and the same Java. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import neo4jDriver, { type Driver } from 'neo4j-driver'
import type { Instance, ServiceSession } from '../src/core/contracts.ts'
import { cacheFolder, volatileFolder } from '../src/core/folders.ts'
import { silent } from '../src/core/report.ts'
import { Run } from '../src/core/run.ts'
import { createNativeRuntime, installEngine } from '../src/runtimes/native/index.ts'
import { type Neo4jLane, neo4j } from '../src/services/neo4j/index.ts'
import type { Row } from './row.ts'
import { median, quantile, timed } from './statistics.ts'

const rounds = 5
const furtherLanes = 8
const resets = 60
const nodes = 900

/** Kept between runs, as any project's is: what a run after the first one finds. */
const seed = {
  run: async ({ lane }: { lane: Neo4jLane }) => {
    const driver = driverFor(lane)
    await driver.executeQuery('CREATE CONSTRAINT city FOR (c:City) REQUIRE c.id IS UNIQUE')
    await driver.executeQuery('UNWIND range(1, 500) AS id CREATE (:City {id: id})-[:IN]->(:Country {id: id % 20})')
    await driver.close()
  },
  inputs: [],
}

export async function benchNeo4j(): Promise<Row[]> {
  // Not measured: the engine, the class-data archive and the template are made once and kept.
  await using _ = await open(seed)
  const first: number[] = []
  const further: number[] = []
  const memory: number[] = []
  const stock: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    stock.push(await stockStart())
    const lanes = await lanesStart()
    first.push(lanes.first)
    further.push(...lanes.further)
    memory.push(lanes.megabytes)
  }
  const theirs = median(stock)
  const megabytes = median(memory)
  return [
    against(theirs, 0.75, {
      what: 'Neo4j, first lane, from nothing (against a stock server’s start)',
      ours: median(first),
    }),
    against(theirs, 0.1, {
      what: `Neo4j, each further lane, a migrated and seeded clone (slowest of ${further.length}: ${Math.round(Math.max(...further))} ms)`,
      ours: median(further),
    }),
    {
      what: 'Neo4j, memory of each further lane',
      ours: megabytes,
      unit: 'MB',
      target: '≤ 45 MB',
      reached: megabytes <= 45,
    },
    await resetRow('an empty template'),
    await resetRow('a seeded template', seed),
  ]
}

function against(theirs: number, target: number, { what, ours }: Pick<Row, 'what' | 'ours'>): Row {
  const ratio = ours / theirs
  return { what, ours, theirs, ratio, unit: 'ms', target: `≤ ${target} ×`, reached: ratio <= target }
}

interface Opened extends AsyncDisposable {
  readonly instance: Instance
  readonly session: ServiceSession<Neo4jLane>
}

async function open(withSeed?: typeof seed): Promise<Opened> {
  const { service, options } = neo4j(withSeed ? { seed: withSeed } : {})
  const runs = await mkdtemp(join(tmpdir(), 'isolane-bench-'))
  const run = new Run(runs, 'bench')
  const runtime = createNativeRuntime({ run, cacheFolder: cacheFolder(), report: silent })
  const { signal } = new AbortController()
  const context = { name: 'neo4j', root: runs, maximumLanes: 16, report: silent, signal }
  const template = await service.template(options, context)
  const credentials = { username: 'neo4j', password: 'bench-password' }
  const spec = service.spec(options, { ...context, credentials })
  const instance = await runtime.start(spec, { signal, from: template.fingerprint })
  const session = await service.open(instance, options, context)
  await session.prepare(template)
  return {
    instance,
    session,
    [Symbol.asyncDispose]: async () => {
      await session[Symbol.asyncDispose]()
      await instance[Symbol.asyncDispose]()
      await rm(runs, { recursive: true, force: true })
    },
  }
}

/** Until a driver has connected and logged in, which is when a server is of use. */
async function lanesStart(): Promise<{ first: number; further: number[]; megabytes: number }> {
  const begun = performance.now()
  await using opened = await open(seed)
  const make = async (number: number) => {
    const lane = await opened.session.createLane({ number, name: `lane-${number}` })
    await connected(lane)
    return lane
  }
  await use(await make(1))
  const first = performance.now() - begun
  const before = residentMegabytes(opened.instance)
  const further: number[] = []
  for (let number = 2; number < furtherLanes + 2; number += 1) {
    let lane: Neo4jLane | undefined
    further.push(
      await timed(async () => {
        lane = await make(number)
      }),
    )
    if (lane) await use(lane)
  }
  return { first, further, megabytes: (residentMegabytes(opened.instance) - before) / furtherLanes }
}

/** What tests do at least: a lane that is never written to would look smaller than it is. */
async function use(lane: Neo4jLane): Promise<void> {
  const driver = driverFor(lane)
  await driver.executeQuery('UNWIND range(1, 200) AS i CREATE (:Used {i: i})-[:BY]->(:Bench)')
  await driver.executeQuery('MATCH (u:Used)-[:BY]->(b) RETURN count(b) AS n')
  await driver.close()
}

function residentMegabytes({ pid }: Instance): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) / 1024
}

async function resetRow(what: string, withSeed?: typeof seed): Promise<Row> {
  await using opened = await open(withSeed)
  const id = { number: 1, name: 'lane-1' }
  const lane = await opened.session.createLane(id)
  const driver = driverFor(lane)
  const count = async () => (await driver.executeQuery('MATCH (n) RETURN count(n) AS n')).records[0]?.get('n')
  const clean = await count()
  const times: number[] = []
  for (let round = 0; round < resets; round += 1) {
    await driver.executeQuery(`UNWIND range(1, ${nodes / 2}) AS i CREATE (:Mine {i: i})-[:OF]->(:Test {name: 'test'})`)
    times.push(await timed(() => opened.session.resetLane(id, { connections: 'keep' })))
    if ((await count()) !== clean) throw new Error('the lane is not as it was')
  }
  await driver.close()
  const p50 = median(times)
  return {
    what: `Neo4j reset of ${nodes} nodes on ${what}, p50 (p99 ${quantile(times, 0.99).toFixed(1)} ms)`,
    ours: p50,
    unit: 'ms',
    target: '≤ 25 ms',
    reached: p50 <= 25,
  }
}

/** A stock Community server as its own launcher runs it, with a new store on the same memory-backed folder. */
async function stockStart(): Promise<number> {
  const { service, options } = neo4j()
  const context = { name: 'neo4j', root: '/', maximumLanes: 1, report: silent, signal: new AbortController().signal }
  const credentials = { username: 'neo4j', password: 'neo4j' }
  const engine = service.spec(options, { ...context, credentials }).native?.engine
  if (!engine) throw new Error('no engine')
  const { folder, java } = await installEngine(engine, { cacheFolder: cacheFolder(), report: silent })
  const home = await mkdtemp(join(volatileFolder(2 ** 30), 'bench-'))
  const port = await freePort()
  await mkdir(join(home, 'conf'))
  await writeFile(
    join(home, 'conf', 'neo4j.conf'),
    [
      `server.bolt.listen_address=127.0.0.1:${port}`,
      'server.http.enabled=false',
      'dbms.usage_report.enabled=false',
    ].join('\n'),
  )
  const begun = performance.now()
  const server = spawn(
    java?.program ?? 'java',
    [
      ...['java.nio', 'java.io'].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
      '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
      ...['-cp', `${folder}/lib/*`, 'org.neo4j.server.CommunityEntryPoint'],
      ...[`--home-dir=${home}`, `--config-dir=${join(home, 'conf')}`],
    ],
    { stdio: 'ignore' },
  )
  try {
    await accepting(port)
    await connected({ url: `bolt://127.0.0.1:${port}`, user: 'neo4j', password: 'neo4j' })
    return performance.now() - begun
  } finally {
    server.kill('SIGKILL')
    await once(server, 'exit')
    await rm(home, { recursive: true, force: true })
  }
}

async function accepting(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const outcome = await new Promise((resolve) =>
      socket.once('connect', resolve).once('error', () => resolve('refused')),
    )
    socket.destroy()
    if (outcome !== 'refused') return
    await sleep(10)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

type Address = { readonly url: string; readonly user: string; readonly password: string }

function driverFor({ url, user, password }: Address): Driver {
  return neo4jDriver.driver(url, neo4jDriver.auth.basic(user, password), { disableLosslessIntegers: true })
}

async function connected(address: Address): Promise<void> {
  const driver = driverFor(address)
  await driver.verifyAuthentication().catch((error: { code?: string }) => {
    // The stock server wants its first password changed: it has answered.
    if (!error.code?.includes('CredentialsExpired')) throw error
  })
  await driver.close()
}
