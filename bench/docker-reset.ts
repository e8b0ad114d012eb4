/** A Postgres lane's reset beside `restoreSnapshot()`, each in a container of the same image with the same tables. */
import pg from 'pg'
import { type PostgresLane, postgres } from '../src/services/postgres/index.ts'
import { startPostgres } from './containers.ts'
import { leaseInDocker } from './leased.ts'
import type { Row } from './row.ts'
import { median, quantile, timed } from './statistics.ts'

const resets = 200
const restores = 15
const wanted = 20

const tables = Array.from({ length: 20 }, (_, number) => `t${number}`)
const schema = tables
  .map(
    (table) => `CREATE TABLE ${table} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, n int);
    INSERT INTO ${table} (name, n) SELECT md5(g::text), g FROM generate_series(1, 280) g;`,
  )
  .join('\n')
const dirty = `INSERT INTO t0 (name, n) SELECT 'new', g FROM generate_series(1, 10) g;
  INSERT INTO t1 (name, n) VALUES ('new', 1);
  UPDATE t2 SET name = 'changed' WHERE id <= 5;
  DELETE FROM t3 WHERE id BETWEEN 10 AND 14`

const migrations = { run: ({ lane }: { lane: PostgresLane }) => once(lane.url, schema), inputs: [] }

export async function benchDockerReset(): Promise<Row> {
  const ours = await resetTimes()
  const theirs = await restoreTimes()
  const times = median(theirs) / median(ours)
  return {
    what: `Postgres reset in a container, p50 (p99 ${quantile(ours, 0.99).toFixed(1)} ms), against restoreSnapshot() (theirs / ours)`,
    ours: median(ours),
    theirs: median(theirs),
    ratio: times,
    unit: 'ms',
    target: `≥ ${wanted} × faster`,
    reached: times >= wanted,
  }
}

/** As a worker asks for it, through the lane server. Its connection stays open. */
async function resetTimes(): Promise<number[]> {
  await using leased = await leaseInDocker({ postgres: postgres({ version: '17', migrations }) }, 'shared', 1)
  const [lane] = leased.lanes
  const [worker] = leased.clients
  if (!lane || !worker) throw new Error('no lane was leased')
  const client = await connect((lane.endpoints.postgres as PostgresLane).url)
  const times: number[] = []
  for (let round = 0; round < resets; round += 1) {
    await client.query(dirty)
    times.push(await timed(() => worker.request('reset', { service: 'postgres' })))
    await mustBeClean(client)
  }
  await client.end()
  return times
}

/** It drops the database, so that every connection has to be made anew; that is not counted. */
async function restoreTimes(): Promise<number[]> {
  const container = await startPostgres()
  try {
    const url = container.getConnectionUri()
    await once(url, schema)
    await container.snapshot()
    const times: number[] = []
    for (let round = 0; round < restores; round += 1) {
      await once(url, dirty)
      times.push(await timed(() => container.restoreSnapshot()))
      const client = await connect(url)
      await mustBeClean(client)
      await client.end()
    }
    return times
  } finally {
    await container.stop()
  }
}

async function mustBeClean(client: pg.Client): Promise<void> {
  const counts = tables.slice(0, 4).map((table) => `(SELECT count(*) FROM ${table} WHERE name = md5(n::text))`)
  const { rows } = await client.query<{ rows: string }>(`SELECT ${counts.join(' + ')} AS rows`)
  if (Number(rows[0]?.rows) !== 4 * 280) throw new Error('the database is not as it was')
}

async function once(url: string, text: string): Promise<void> {
  const client = await connect(url)
  await client.query(text)
  await client.end()
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}
