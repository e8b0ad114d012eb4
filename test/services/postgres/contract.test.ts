import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { describe } from 'vitest'
import { serviceContract } from '../../../src/contract-tests/service.ts'
import { type PostgresLane, type PostgresVersion, postgres } from '../../../src/services/postgres/index.ts'
import { longMatrix } from '../../long.ts'
import { nativeRuntime, programs, temporaryFolder } from './harness.ts'

const versions = (process.env.ISOLANE_TEST_POSTGRES ?? '17,13,18').split(',') as PostgresVersion[]

for (const { value: version, why } of longMatrix(versions)) {
  describe.skipIf(why)(`PostgreSQL ${version}${why}`, () => contract(version))
}

function contract(version: PostgresVersion): void {
  serviceContract(`PostgreSQL ${version}`, async () => {
    const root = temporaryFolder()
    writeFileSync(join(root, 'schema.sql'), 'CREATE TABLE item (id serial PRIMARY KEY, name text);')
    // A new fingerprint each time, so that the suite sees a template being built and then found.
    writeFileSync(join(root, 'seed.sql'), `INSERT INTO item (name) VALUES ('${crypto.randomUUID()}'), ('two');`)
    return {
      runtime: nativeRuntime(root),
      programs,
      definition: postgres({ version, migrations: 'schema.sql', seed: 'seed.sql' }),
      root,
      seeded: 2,
      write: (lane) => inLane(lane, "INSERT INTO item (name) VALUES ('new')").then(() => {}),
      count: async (lane) => Number((await inLane(lane, 'SELECT count(*) FROM item')).rows[0]?.count),
      damage: (lane) => inLane(lane, "DELETE FROM item WHERE name = 'two'").then(() => {}),
      dispose: async () => rmSync(root, { recursive: true, force: true }),
    }
  })
}

async function inLane(lane: PostgresLane, text: string) {
  const client = new pg.Client({ connectionString: lane.url })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}
