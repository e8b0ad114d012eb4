import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { long } from '../../../long.ts'
import { inLane } from '../attach-lane.ts'
import { type ForeignServer, foreignServer } from '../attach-server.ts'
import { attach } from '../attach-session.ts'
import { subject } from '../harness.ts'
import { restore, save, snapshotsOf } from './saved.ts'

const id = { number: 1, name: 'lane-1' }

/** Told apart by its text, as functions are. */
const seed = async ({ lane }: { lane: { url: string } }): Promise<void> => {
  const { inLane: run } = await import('../attach-lane.ts')
  await run(
    lane,
    `CREATE TABLE item (id serial PRIMARY KEY, name text); INSERT INTO item (name) VALUES ('one');
    CREATE TABLE guarded (id int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC`,
  )
}

/** Called as the owner, or saying its name, and no role. */
const namesakes = `
  DO $do$ BEGIN
    EXECUTE format('CREATE SCHEMA %1$I; CREATE TABLE %1$I.%1$I (%1$I text); ALTER TABLE %1$I.%1$I ENABLE ROW LEVEL SECURITY', current_user);
    EXECUTE format('CREATE POLICY %1$I ON %1$I.%1$I TO pg_monitor, %1$I USING (%1$I = %2$L AND current_setting(%3$L, true) = %4$L)',
      current_user, current_user, current_user || '.tenant', E'\n ALTER TABLE x OWNER TO ' || current_user || E';\n');
    EXECUTE format('CREATE FUNCTION %1$I.f() RETURNS void LANGUAGE plpgsql AS %2$L', current_user,
      E'BEGIN\nCOPY t FROM stdin;\nALTER TABLE x OWNER TO ' || current_user || E';\nGRANT ALL ON x TO ' || current_user || E';\nEND');
    EXECUTE format('COMMENT ON SCHEMA %1$I IS %2$L', current_user, E'\nGRANT ALL ON x TO ' || current_user || E';\n');
  END $do$`

describe.skipIf(long)(`states of lanes on a server that is not ours${long}`, () => {
  let server: ForeignServer

  beforeAll(async () => {
    server = await foreignServer('17')
  })

  afterAll(() => server?.[Symbol.asyncDispose]())

  test.each(['boss', 'keeper', 'maker'])('with the rights of %s', { timeout: 120_000 }, async (role) => {
    const before = await server.portrait()
    {
      await using attached = await attach({ url: server.url(role), seed })
      const lane = await attached.lane(1)
      await inLane(lane, `INSERT INTO item (name) VALUES ('two'); SELECT lo_from_bytea(0, '\\x0102')`)
      using saved = await save(attached.session, id)
      expect(JSON.stringify(saved.state)).not.toContain(lane.password || 'none')
      expect(await snapshotsOf(attached.session).describe(id)).toEqual(saved.state)
      const mark = await snapshotsOf(attached.session).mark(id)
      await inLane(lane, `DELETE FROM item; DROP FUNCTION f()`)
      await mark.restore()
      expect(await snapshotsOf(attached.session).describe(id)).toEqual(saved.state)
      await inLane(lane, `DELETE FROM item; DROP FUNCTION f()`)
      await restore(attached.session, id, saved)
      expect(await snapshotsOf(attached.session).describe(id)).toEqual(saved.state)
      expect(await inLane(lane, `INSERT INTO item (name) VALUES ('three') RETURNING id`)).toEqual([{ id: 3 }])
      await attached.reset(1)
      expect(await inLane(lane, 'SELECT id, name FROM item')).toEqual([{ id: 1, name: 'one' }])
      await mark.restore()
      expect(await inLane(lane, 'SELECT count(*)::int AS n FROM item')).toEqual([{ n: 2 }])
    }
    expect(await templatesAside(await server.portrait())).toEqual(await templatesAside(before))
  })

  test('go to a server of our own, and come back: the owner has another name there', { timeout: 120_000 }, async () => {
    const own = await subject({ version: '17', seed: 's.sql' }, { 's.sql': 'CREATE TABLE other ()' })
    try {
      await using attached = await attach({ url: server.url('keeper'), seed })
      const lane = await attached.lane(1)
      await inLane(
        lane,
        `INSERT INTO item (name) VALUES ('two'); GRANT SELECT ON item TO pg_monitor;
        CREATE POLICY mine ON guarded TO CURRENT_USER USING (true); ${namesakes}; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor`,
      )
      using saved = await save(attached.session, id)
      const there = await own.lane()
      await restore(own.session, there.id, saved)
      const { state } = { state: await snapshotsOf(own.session).describe(there.id) }
      expect(state).toEqual({
        ...saved.state,
        version: state.version,
        details: expect.objectContaining({ owner: 'isolane' }),
      })
      const client = await there.connect()
      await client.query(
        `ALTER TABLE item ADD extra int; DROP FUNCTION f(); INSERT INTO item (name) VALUES ('three'); ALTER TABLE item DROP extra`,
      )
      using back = await save(own.session, there.id)
      await restore(attached.session, id, back)
      expect(await inLane(lane, 'SELECT count(*)::int AS n FROM item')).toEqual([{ n: 3 }])
    } finally {
      await own.dispose()
    }
  })

  test('name roles that are not everywhere', { timeout: 120_000 }, async () => {
    const own = await subject({ version: '17', seed: 's.sql' }, { 's.sql': 'CREATE TABLE other ()' })
    try {
      await using attached = await attach({ url: server.url('keeper'), seed })
      const lane = await attached.lane(1)
      await inLane(lane, 'GRANT SELECT ON item TO poor')
      using saved = await save(attached.session, id)
      const there = await own.lane()
      await expect(restore(own.session, there.id, saved)).rejects.toMatchObject({
        code: 'ISOLANE_SNAPSHOT_REFUSED',
        message: expect.stringContaining('roles that the server has not: poor'),
      })
      const admin = await own.admin()
      await admin.query('CREATE ROLE poor NOLOGIN')
      await restore(own.session, there.id, saved)
      expect(
        (await (await there.connect()).query('SELECT relacl::text AS acl FROM pg_class WHERE relname = $1', ['item']))
          .rows,
      ).toEqual([{ acl: '{isolane=arwdDxtm/isolane,poor=r/isolane}' }])
    } finally {
      await own.dispose()
    }
  })
})

/** Everything but what was meant to stay: templates for later runs, and who owns them. */
function templatesAside(portrait: unknown): unknown {
  const { databases, customers } = portrait as { databases: { datname: string }[]; customers: unknown }
  return { databases: databases.filter(({ datname }) => !datname.startsWith('isolane_template_')), customers }
}
