/** What each worker's databases are made to do, in ours and in containers that testcontainers starts for each worker. */
import { Redis } from 'ioredis'
import neo4jDriver from 'neo4j-driver'
import pg from 'pg'
import type { Services } from '../src/core/config.ts'
import type { Lane } from '../src/core/lane.ts'
import { type Neo4jLane, neo4j } from '../src/services/neo4j/index.ts'
import { type PostgresLane, postgres } from '../src/services/postgres/index.ts'
import { type RedisLane, redis } from '../src/services/redis/index.ts'
import { type Container, startNeo4j, startPostgres, startRedis } from './containers.ts'

export interface Workload {
  readonly what: string
  readonly services: Services
  /** Works on one worker's lane. */
  use(lane: Lane): Promise<void>
  /** Starts one worker's containers and does the same on them. */
  startAndUse(): Promise<Container[]>
}

const table = 'CREATE TABLE item (id int PRIMARY KEY, name text)'
const migrations = { run: ({ lane }: { lane: PostgresLane }) => inPostgres(lane.url, table), inputs: [] }

export const relational: Workload = {
  what: 'Postgres and Redis',
  services: { postgres: postgres({ version: '17', migrations }), redis: redis({ version: '7' }) },
  use: async ({ endpoints }) => {
    const { postgres: database, redis: store } = endpoints as { postgres: PostgresLane; redis: RedisLane }
    await Promise.all([fill(database.url), inRedis(store.url)])
  },
  startAndUse: async () => {
    const [database, store] = await Promise.all([startPostgres(), startRedis()])
    await inPostgres(database.getConnectionUri(), table)
    await Promise.all([fill(database.getConnectionUri()), inRedis(store.getConnectionUrl())])
    return [database, store]
  },
}

export const graph: Workload = {
  what: 'Neo4j',
  services: { neo4j: neo4j({ version: '5.26' }) },
  use: ({ endpoints }) => {
    const { url, user, password } = endpoints.neo4j as Neo4jLane
    return inNeo4j(url, user, password)
  },
  startAndUse: async () => {
    const container = await startNeo4j()
    await inNeo4j(container.getBoltUri(), container.getUsername(), container.getPassword())
    return [container]
  },
}

const fill = (url: string) => inPostgres(url, "INSERT INTO item SELECT n, 'item' FROM generate_series(1, 1000) AS n")

async function inPostgres(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(text)
  await client.end()
}

async function inRedis(url: string): Promise<void> {
  const client = new Redis(url)
  for (let number = 0; number < 100; number += 1) await client.set(`item:${number}`, 'item')
  client.disconnect()
}

/** A database that is never written to would look smaller than it is in use. */
async function inNeo4j(url: string, user: string, password: string): Promise<void> {
  const driver = neo4jDriver.driver(url, neo4jDriver.auth.basic(user, password))
  await driver.executeQuery('UNWIND range(1, 200) AS i CREATE (:Used {i: i})-[:BY]->(:Bench)')
  await driver.executeQuery('MATCH (u:Used)-[:BY]->(b) RETURN count(b) AS n')
  await driver.close()
}
