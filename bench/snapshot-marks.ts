/** `lane.snapshot()` and `lane.restore()` beside what else brings a database back: `pg_dump` with `pg_restore`, testcontainers. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import neo4jDriver from 'neo4j-driver'
import pg from 'pg'
import { runtimes } from '../src/builtin.ts'
import { cacheFolder } from '../src/core/folders.ts'
import type { LaneClient } from '../src/core/lane-client.ts'
import { silent } from '../src/core/report.ts'
import { Run } from '../src/core/run.ts'
import { type Neo4jLane, neo4j } from '../src/services/neo4j/index.ts'
import { type PostgresLane, postgres } from '../src/services/postgres/index.ts'
import { providedFolder, providedTools, toolsOnMachine } from '../src/services/postgres/snapshots/engine.ts'
import { startPostgres } from './containers.ts'
import { lease, leaseInDocker } from './leased.ts'
import type { Row } from './row.ts'
import { median, quantile, timed } from './statistics.ts'

const rounds = 25
const fewRounds = 9
/** Of a server that is stopped soon after: more of them only take long. */
const containerRounds = 5
const nodes = 10_000

/** 16 MB as a database, the server's own 7.5 MB included. */
const schema = Array.from(
  { length: 100 },
  (_, table) => `CREATE TABLE t${table}
      (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, made timestamptz DEFAULT now(), n int);
    INSERT INTO t${table} (name, n) SELECT md5(g::text), g FROM generate_series(1, 280) g;`,
).join('\n')

/** What a test does: before, which is to come back, and after. */
const before = "INSERT INTO t1 (name, n) VALUES ('mine', 281)"
const after = "UPDATE t0 SET name = 'changed' WHERE id <= 5; DELETE FROM t1; INSERT INTO t2 (name) VALUES ('new')"
const state = "SELECT (SELECT count(*) FROM t1) || ' ' || (SELECT count(*) FROM t0 WHERE name = md5(n::text)) AS state"

const postgresService = () =>
  postgres({
    version: '17',
    migrations: { run: ({ lane }: { lane: PostgresLane }) => once(lane.url, schema), inputs: [] },
  })

export async function benchMarks(): Promise<Row[]> {
  return [await postgresRow(), await neo4jRow()]
}

export async function benchMarksInDocker(): Promise<Row> {
  await using leased = await leaseInDocker({ postgres: postgresService() }, 'shared', 1)
  const [lane] = leased.lanes
  const [client] = leased.clients
  if (!lane || !client) throw new Error('no lane was leased')
  const ours = await pairTimes(client, (lane.endpoints.postgres as PostgresLane).url, fewRounds)
  const theirs = await containerTimes()
  const times = median(theirs) / median(ours)
  return {
    what: 'Postgres in a container, 100 tables, 16 MB: lane.snapshot() + lane.restore() against snapshot() + restoreSnapshot(), p50 (theirs / ours)',
    ours: median(ours),
    theirs: median(theirs),
    ratio: times,
    unit: 'ms',
    target: '≥ 5 × faster',
    reached: times >= 5,
  }
}

async function postgresRow(): Promise<Row> {
  await using leased = await lease({ postgres: postgresService() }, 'shared', 1, 'native')
  const [lane] = leased.lanes
  const [client] = leased.clients
  if (!lane || !client) throw new Error('no lane was leased')
  const { url } = lane.endpoints.postgres as PostgresLane
  const ours = await pairTimes(client, url, rounds)
  const theirs = await dumpTimes(url, lane.env)
  return {
    what: `Postgres, 100 tables, 16 MB: lane.snapshot() + lane.restore(), p50 (p99 ${Math.round(quantile(ours, 0.99))} ms), against pg_dump and pg_restore`,
    ours: median(ours),
    theirs: median(theirs),
    ratio: median(ours) / median(theirs),
    unit: 'ms',
    target: '≤ 120 ms',
    reached: median(ours) <= 120,
  }
}

/** Both together, each round with something to bring back. A connection of the test's stays open. */
async function pairTimes(client: LaneClient, url: string, count: number): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < count; round += 1) {
    await client.request('reset', {})
    await once(url, before)
    const kept = await timed(() => client.request('mark', { name: 'bench' }))
    await once(url, after)
    const restored = await timed(() => client.request('restoreMark', { name: 'bench' }))
    await mustBeBack(url)
    await client.request('forgetMarks', {})
    times.push(kept + restored)
  }
  return times
}

async function containerTimes(): Promise<number[]> {
  const container = await startPostgres()
  try {
    const url = container.getConnectionUri()
    await once(url, `${schema};${before}`)
    const times: number[] = []
    for (let round = 0; round < containerRounds; round += 1) {
      const kept = await timed(() => container.snapshot())
      await once(url, after)
      const restored = await timed(() => container.restoreSnapshot())
      await mustBeBack(url)
      times.push(kept + restored)
    }
    return times
  } finally {
    await container.stop()
  }
}

/** As people do it by hand: into a file, and back over what is there. */
async function dumpTimes(url: string, laneEnv: Readonly<Record<string, string>>): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'isolane-bench-'))
  const programs = await toolsFolder(folder)
  const env = { ...laneEnv }
  const file = join(folder, 'dump')
  const database = laneEnv.PGDATABASE ?? ''
  try {
    const times: number[] = []
    for (let round = 0; round < fewRounds; round += 1) {
      const kept = await timed(() => execa(join(programs, 'pg_dump'), ['-Fc', '-t', 't*', '-f', file], { env }))
      await once(url, after)
      const back = ['--clean', '--if-exists', '-d', database, file]
      const restored = await timed(() => execa(join(programs, 'pg_restore'), back, { env }))
      await mustBeBack(url)
      times.push(kept + restored)
    }
    return times
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function toolsFolder(folder: string): Promise<string> {
  const context = { run: new Run(join(folder, 'runs'), folder), cacheFolder: cacheFolder(), report: silent }
  const { signal } = new AbortController()
  const found = toolsOnMachine(17)
  const provide = runtimes.native?.programs
  if (!provide || !found) throw new Error('no tools')
  return provide(found, context, signal).catch(async () =>
    join(await provide(providedTools(), context, signal), providedFolder),
  )
}

async function neo4jRow(): Promise<Row> {
  await using leased = await lease({ neo4j: neo4j() }, 'shared', 1, 'native')
  const [lane] = leased.lanes
  const [client] = leased.clients
  if (!lane || !client) throw new Error('no lane was leased')
  const { url, user, password } = lane.endpoints.neo4j as Neo4jLane
  const driver = neo4jDriver.driver(url, neo4jDriver.auth.basic(user, password), { disableLosslessIntegers: true })
  const count = async () => (await driver.executeQuery('MATCH (n) RETURN count(n) AS n')).records[0]?.get('n')
  await driver.executeQuery('CREATE CONSTRAINT city FOR (c:City) REQUIRE c.id IS UNIQUE')
  await driver.executeQuery(`UNWIND range(1, ${nodes}) AS id CREATE (:City {id: id, name: 'city ' + id})`)
  const times: number[] = []
  for (let round = 0; round < fewRounds; round += 1) {
    const kept = await timed(() => client.request('mark', { name: 'bench' }))
    await driver.executeQuery('MATCH (n) WHERE n.id % 2 = 0 DETACH DELETE n')
    const restored = await timed(() => client.request('restoreMark', { name: 'bench' }))
    if ((await count()) !== nodes) throw new Error('the lane is not as it was')
    await client.request('forgetMarks', {})
    times.push(kept + restored)
  }
  await driver.close()
  return {
    what: `Neo4j, ${nodes.toLocaleString('en')} nodes: lane.snapshot() + lane.restore(), p50`,
    ours: median(times),
    unit: 'ms',
    target: '≤ 1.2 s',
    reached: median(times) <= 1_200,
  }
}

async function mustBeBack(url: string): Promise<void> {
  const [row] = await once(url, state)
  if (row?.state !== '281 280') throw new Error(`the database is not as it was: ${row?.state}`)
}

async function once(url: string, text: string): Promise<{ state?: string }[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
