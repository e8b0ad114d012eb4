import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { serviceContract } from '../../../src/contract-tests/service.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import { silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { createDockerRuntime } from '../../../src/runtimes/docker/index.ts'
import { type PostgresLane, type PostgresOptions, postgres } from '../../../src/services/postgres/index.ts'
import { lackingForDocker } from '../../docker.ts'
import { long } from '../../long.ts'
import { programs } from './harness.ts'

const schema = 'CREATE TABLE item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);'
const { signal } = new AbortController()
const lacking = await lackingForDocker('postgres:15', 'postgres:17')

describe.skipIf(lacking)(`Postgres in Docker${lacking}`, () => {
  describe.skipIf(long).each(['15', '17'] as const)(`%s${long}`, (version) => {
    serviceContract<PostgresLane>(`postgres ${version} in a container`, async () => {
      const root = mkdtempSync(join(tmpdir(), 'isolane-postgres-'))
      writeFileSync(join(root, 'schema.sql'), schema)
      writeFileSync(join(root, 'seed.sql'), "INSERT INTO item (name) VALUES ('one'), ('two');")
      const run = new Run(join(root, 'runs'), root)
      return {
        runtime: createDockerRuntime({ run, cacheFolder: cacheFolder(), report: silent }),
        programs,
        definition: postgres({ version, migrations: 'schema.sql', seed: 'seed.sql' }),
        root,
        seeded: 2,
        write: (lane) => inLane(lane, "INSERT INTO item (name) VALUES ('new' || gen_random_uuid())").then(() => {}),
        count: async (lane) => Number((await inLane(lane, 'SELECT count(*) FROM item')).rows[0]?.count),
        damage: (lane) => inLane(lane, "DELETE FROM item WHERE name = 'two'").then(() => {}),
        dispose: async () => {
          run.end()
          rmSync(root, { recursive: true, force: true })
        },
      }
    })
  })

  test('a server waits for no disk, and sorts and knows letters as one that runs as a local process', async () => {
    const root = mkdtempSync(join(tmpdir(), 'isolane-postgres-'))
    const run = new Run(join(root, 'runs'), root)
    const runtime = createDockerRuntime({ run, cacheFolder: cacheFolder(), report: silent })
    await using instance = await runtime.start(specOf({ version: '17' }), { signal })
    const { host, ports, credentials } = instance.endpoint
    const { rows } = await query(
      {
        host,
        port: ports.postgres ?? 0,
        user: credentials.username,
        password: credentials.password,
        database: 'postgres',
      },
      `SELECT current_setting('fsync') AS fsync, current_setting('data_directory') AS folder,
        current_setting('timezone') AS zone, datlocprovider AS provider, 'É' = upper('é') AS upper, 'a' > 'B' AS bytes
        FROM pg_database WHERE datname = current_database()`,
    )
    const folder = '/var/lib/postgresql/data/17'
    expect(rows).toEqual([{ fsync: 'off', folder, zone: 'UTC', provider: 'b', upper: true, bytes: true }])
    run.end()
    rmSync(root, { recursive: true, force: true })
  })
})

test('an image of unknown version is initialised with what every version knows', () => {
  const { container } = specOf({ image: 'registry.example/postgis:16' })
  expect(container?.image).toBe('registry.example/postgis:16')
  expect(container?.environment?.POSTGRES_INITDB_ARGS).not.toContain('provider')
  expect(specOf({}).container?.environment?.POSTGRES_INITDB_ARGS).toContain('provider')
})

test('the password is in no argument of a container', () => {
  const { command, ready } = specOf({}).container ?? {}
  expect(JSON.stringify([command, ready])).not.toMatch(/\{password\}|a-secret/)
})

function specOf(options: PostgresOptions) {
  const { service, options: checked } = postgres(options)
  const context = { name: 'postgres', root: import.meta.dirname, maximumLanes: 4, report: silent, signal }
  return service.spec(checked, { ...context, credentials: { username: 'isolane_admin', password: 'a-secret' } })
}

async function inLane(lane: PostgresLane, text: string) {
  return query({ connectionString: lane.url }, text)
}

async function query(configuration: pg.ClientConfig, text: string) {
  const client = new pg.Client(configuration)
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}
