import { expect, test } from 'vitest'
import { environments } from '../../../../src/services/postgres/environments/index.ts'
import type { PostgresOptions } from '../../../../src/services/postgres/index.ts'
import { long, longMatrix } from '../../../long.ts'
import { restore, save, snapshotsOf } from '../snapshots/saved.ts'
import { column, dev, Place, staging, upToDate } from './fixture.ts'

const options: PostgresOptions = { version: '17', migrations: 'migrations', seed: 'seed.sql' }
/** Disks that are waited for are slow where many do it at once. */
const timeout = 120_000
const close = { connections: 'close' } as const

test.skipIf(long)(`what has changed since is applied, or refused with the ways out${long}`, { timeout }, async () => {
  await using place = new Place()
  place.write({ 'migrations/1_a.sql': 'CREATE TABLE a (id int);', 'seed.sql': 'INSERT INTO a VALUES (1);' })
  {
    await using server = await place.start(options)
    await upToDate(server.session, dev)
  }
  place.write({
    'migrations/2_b.sql': 'ALTER TABLE a ADD COLUMN name text; CREATE INDEX CONCURRENTLY a_name ON a (name);',
    'migrations/3_c.sql':
      "CREATE TYPE mood AS ENUM ('sad'); ALTER TYPE mood ADD VALUE 'glad'; CREATE TABLE c (mood mood);",
    'migrations/10_d.sql': 'BEGIN; CREATE TABLE d (id int); COMMIT; CREATE TABLE e (id citext);',
    'seed.sql': 'INSERT INTO a VALUES (2);',
  })
  await using server = await place.start({ ...options, extensions: ['citext'] })
  const lane = await upToDate(server.session, dev)
  const told = () => server.events.filter(({ kind }) => kind !== 'progress').map(({ text }) => text)
  expect(told()).toEqual([
    ...['2_b.sql', '3_c.sql', '10_d.sql'].map((name) => `${name} was applied to dev`),
    'the seed has changed; it is not run again on dev (`isolane wipe dev` begins anew)',
  ])
  expect(await column(lane.url, 'SELECT id FROM a')).toEqual([1])
  expect(
    await column(lane.url, "SELECT count(*)::int FROM pg_class WHERE relname IN ('a_name', 'c', 'd', 'e')"),
  ).toEqual([4])
  const again = async () => {
    await using session = await server.again()
    return await upToDate(session, dev)
  }
  await again()
  expect(told()).toHaveLength(4)

  // All of a file that fails is taken back, and it is run again when it is mended.
  place.write({ 'migrations/11_e.sql': 'CREATE TABLE f (id int);\nBROKEN;' })
  await expect(again()).rejects.toMatchObject({
    code: 'ISOLANE_MIGRATION_FAILED',
    message: expect.stringMatching(/11_e\.sql:2 failed: syntax error/),
  })
  place.write({ 'migrations/11_e.sql': 'CREATE TABLE f (id int);' })
  await again()
  place.write({ 'migrations/12_f.sql': 'VACUUM a;\nBROKEN;' })
  await expect(again()).rejects.toMatchObject({
    code: 'ISOLANE_MIGRATION_FAILED',
    remedy: 'it takes no transaction, so take back by hand what stands above that line, and correct the migration',
  })
  place.remove('migrations/12_f.sql')

  place.write({ 'migrations/3_c.sql': 'CREATE TABLE other (id int);' })
  await expect(again()).rejects.toMatchObject({
    code: 'ISOLANE_ENVIRONMENT_CHANGED',
    reason: 'The migration 3_c.sql of postgres was edited since it was applied to dev',
    remedy: expect.stringContaining('`isolane wipe dev`'),
  })
  place.remove('migrations/3_c.sql')
  await expect(again()).rejects.toMatchObject({ reason: expect.stringMatching(/3_c\.sql of postgres is gone since/) })
  // The way out: it begins anew.
  await server.session.resetLane(dev, close)
  expect(await column(lane.url, 'SELECT id FROM a')).toEqual([2])
  await again()
})

test.skipIf(long)(
  `a tool is run again with the environment's variables, and a function is not${long}`,
  { timeout },
  async () => {
    await using place = new Place()
    const pg = JSON.stringify(import.meta.resolve('pg'))
    place.write({
      'tool.mjs': `import pg from ${pg}
      if (process.env.PGDATABASE === 'tta_dev' && process.env.PGUSER !== 'tta_dev') throw new Error('not the owner')
      const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
      await client.connect()
      await client.query('CREATE TABLE IF NOT EXISTS ran (at text)')
      await client.query('INSERT INTO ran VALUES (current_database())')
      if (process.env.PGDATABASE === 'tta_dev') await client.query("COMMENT ON DATABASE tta_dev IS 'mine'")
      await client.end()`,
    })
    const command = { version: '17', roles: ['app'], migrations: { command: 'node tool.mjs' } } as const
    {
      await using server = await place.start(command)
      const lane = await server.session.environments.open(dev)
      await using session = await server.again()
      await upToDate(session, dev)
      expect(await column(lane.url, 'SELECT count(*)::int FROM ran')).toEqual([2])
      expect(await column(lane.url, "SELECT count(*)::int FROM ran WHERE at = 'tta_dev'")).toEqual([1])
      place.write({ 'tool.mjs': 'console.log("not today " + process.env.PGPASSWORD); process.exit(3)' })
      await expect(upToDate(session, dev)).rejects.toMatchObject({
        code: 'ISOLANE_MIGRATION_FAILED',
        reason: 'The migrations command of postgres, `node tool.mjs`, failed (exit code 3) on dev',
        output: 'not today •••',
      })
    }
    let runs = 0
    await using server = await place.start({ version: '17', migrations: () => (runs += 1), seed: () => {} })
    const lane = await upToDate(server.session, dev)
    await upToDate(await server.again(), dev)
    expect(runs).toBe(0)
    expect(server.events.filter(({ kind }) => kind === 'info').map(({ text }) => text)).toEqual([
      'the migrations are a function now; it is not run on dev (`isolane wipe dev` begins anew)',
      'there is a seed now; it is not run on dev (`isolane wipe dev` begins anew)',
    ])
    await server.session.resetLane(dev, close)
    expect(runs).toBe(1)
    expect(await column(lane.url, 'SELECT 1')).toEqual([1])
  },
)

for (const { value: version, why } of longMatrix(['17', '13'] as const)) {
  test.skipIf(long || why)(
    `${version}: states are saved, brought back and marked${long || why}`,
    { timeout },
    async () => {
      await using place = new Place()
      place.write({ 'migrations/1_a.sql': 'CREATE TABLE a (id int);', 'seed.sql': 'INSERT INTO a VALUES (1);' })
      const roles: PostgresOptions['roles'] = ['app', 'readonly']
      await using server = await place.start({ ...options, version, roles })
      const { session } = server
      const lane = await upToDate(session, dev)
      const staged = await upToDate(session, staging)
      const ids = (url: unknown) => column(String(url), 'SELECT id FROM a ORDER BY id')
      await column(lane.url, 'INSERT INTO a VALUES (2)')
      await column(lane.url, 'CREATE TABLE made_by_app (id int)')
      expect(await snapshotsOf(session).size(dev)).toBeGreaterThan(1_000_000)
      using saved = await save(session, dev)
      place.write({ 'migrations/2_b.sql': 'CREATE TABLE b (id int); SET ROLE tta_dev_app;' })
      await using later = await server.again()
      await upToDate(later, dev)
      await column(lane.url, 'DELETE FROM a')
      await using mark = await snapshotsOf(session).mark(dev)

      // The very state, its rights, and the migrations that it had.
      await restore(session, dev, saved)
      expect([await ids(lane.url), await ids(lane.readonlyUrl)]).toEqual([
        [1, 2],
        [1, 2],
      ])
      await expect(column(String(lane.readonlyUrl), 'SELECT * FROM b')).rejects.toThrow(/does not exist/)
      expect(await environments.marks.intrude(staged, lane)).toMatch(/permission denied/)
      expect(await snapshotsOf(session).describe(dev)).toEqual(saved.state)
      await upToDate(later, dev)
      expect(await column(String(lane.readonlyUrl), 'SELECT * FROM b')).toEqual([])

      await mark.restore()
      expect([await ids(lane.url), await ids(lane.readonlyUrl)]).toEqual([[], []])
      await mark.restore()

      // Into another environment it comes with that one's users.
      await restore(session, staging, saved)
      expect(await ids(staged.readonlyUrl)).toEqual([1, 2])
      expect(
        await column(staged.url, 'SELECT tableowner FROM pg_tables WHERE schemaname = $$public$$ ORDER BY tablename'),
      ).toEqual(['tta_staging', 'tta_staging_app'])
      expect(await environments.marks.intrude(lane, staged)).toMatch(/permission denied/)

      // What failed beside it leaves it as it was, also after a swap.
      {
        await using loaded = await snapshotsOf(session).load(dev, saved.reader(), saved.state)
        await loaded.swap()
        expect(await ids(lane.url)).toEqual([1, 2])
        await loaded.swapBack()
      }
      expect(await ids(lane.url)).toEqual([])
      await upToDate(later, dev)
      expect(await environments.check(lane)).toMatchObject([{ who: 'owner' }, { who: 'app' }, { who: 'readonly' }])
    },
  )
}
