import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { serviceContract } from '../../../src/contract-tests/service.ts'
import { type PostgresLane, type PostgresVersion, postgres } from '../../../src/services/postgres/index.ts'
import { nativeRuntime, temporaryFolder } from './harness.ts'

const versions = (process.env.ISOLANE_TEST_POSTGRES ?? '13,17,18').split(',') as PostgresVersion[]

for (const version of versions) {
  serviceContract(`PostgreSQL ${version}`, async () => {
    const root = temporaryFolder()
    writeFileSync(join(root, 'schema.sql'), 'CREATE TABLE item (id serial PRIMARY KEY, name text);')
    // A new fingerprint each time, so that the suite sees a template being built and then found.
    writeFileSync(join(root, 'seed.sql'), `INSERT INTO item (name) VALUES ('${crypto.randomUUID()}'), ('two');`)
    return {
      runtime: nativeRuntime(root),
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
