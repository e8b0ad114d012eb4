/** Containers as testcontainers' documentation starts them, and what any container takes. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { findEngine } from '../src/runtimes/docker/index.ts'
import { labels } from '../src/runtimes/docker/labels.ts'

/** As much of testcontainers as is used here: it is installed with the benches alone. */
export interface Container {
  getId(): string
  stop(): Promise<unknown>
}

interface PostgresContainer extends Container {
  getConnectionUri(): string
  snapshot(): Promise<void>
  restoreSnapshot(): Promise<void>
}

interface RedisContainer extends Container {
  getConnectionUrl(): string
}

interface Neo4jContainer extends Container {
  getBoltUri(): string
  getUsername(): string
  getPassword(): string
}

type Maker<Started> = new (image: string) => { start(): Promise<Started> }

const require = createRequire(join(import.meta.dirname, 'package.json'))

export async function startPostgres(): Promise<PostgresContainer> {
  const { PostgreSqlContainer } = await import(require.resolve('@testcontainers/postgresql'))
  return new (PostgreSqlContainer as Maker<PostgresContainer>)('postgres:17').start()
}

export async function startRedis(): Promise<RedisContainer> {
  const { RedisContainer } = await import(require.resolve('@testcontainers/redis'))
  return new (RedisContainer as Maker<RedisContainer>)('redis:7').start()
}

export async function startNeo4j(): Promise<Neo4jContainer> {
  const { Neo4jContainer } = await import(require.resolve('@testcontainers/neo4j'))
  return new (Neo4jContainer as Maker<Neo4jContainer>)('neo4j:5.26').start()
}

/** The containers of all our stacks that belong to a folder. */
export async function containersOf(root: string): Promise<string[]> {
  const { api } = await engine()
  const found = await api.listContainers({ filters: { label: [`${labels.project}=${root}`] } })
  return found.map(({ Id }) => Id)
}

/** Megabytes of their control groups, as `docker stats` shows them: data in memory count, pages of files don't. */
export async function megabytesOf(ids: readonly string[]): Promise<number> {
  const { api } = await engine()
  const all = await Promise.all(ids.map((id) => api.getContainer(id).stats({ stream: false, 'one-shot': true })))
  return all.reduce((sum, { memory_stats: { usage, stats } }) => {
    const { total_inactive_file: first, inactive_file: second } = stats as unknown as Record<string, number | undefined>
    return sum + (usage - (first ?? second ?? 0)) / 2 ** 20
  }, 0)
}

async function engine() {
  const found = await findEngine()
  if ('closed' in found) throw new Error(found.closed.reason)
  return found.engine
}
