import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EnvironmentId, ServiceContext } from '../../../../src/core/contracts.ts'
import { StateFolderReader, StateFolderWriter } from '../../../../src/core/state-files.ts'
import { foreign } from '../../../../src/services/postgres/environments/foreign.ts'
import { postgresRoles } from '../../../../src/services/postgres/environments/role-names.ts'
import { ensureEnvironmentOwner, ensureEnvironmentRoles } from '../../../../src/services/postgres/environments/roles.ts'
import { long } from '../../../long.ts'
import { foreignServer } from '../attach-server.ts'
import { programs, type Subject, signal, subject } from '../harness.ts'

const dev: EnvironmentId = { number: 1, index: 0, name: 'dev', label: 'tta-dev', protected: false }

describe.skipIf(long)(`databases on servers that are not ours${long}`, () => {
  let server: Subject
  let newer: Subject
  let context: ServiceContext
  let url: (user: string, password: string, database: string) => string
  let admin: pg.Client

  beforeAll(async () => {
    ;[server, newer] = await Promise.all([
      subject({ version: '13' }, {}, { prepare: false }),
      subject({ version: '17' }),
    ])
    context = { name: 'postgres', root: server.folder, maximumLanes: 1, report: () => {}, signal, programs }
    const { host, ports } = server.instance.endpoint
    url = (user, password, database) =>
      `postgres://${user}:${encodeURIComponent(password)}@${host}:${ports.postgres}/${database}`
    const credentials = { username: 'admin', password: 'of the stack' }
    const first = await server.admin()
    await ensureEnvironmentOwner({ client: first, environment: dev, credentials, roles: [] })
    await first.query('CREATE DATABASE tta_dev OWNER tta_dev TEMPLATE template0')
    admin = await server.admin('tta_dev')
    await admin.query('ALTER SCHEMA public OWNER TO tta_dev')
    const parts = { client: admin, environment: dev, credentials, major: 13, roles: postgresRoles }
    await ensureEnvironmentRoles(parts)
    await admin.query(`SET SESSION AUTHORIZATION tta_dev;
      CREATE TABLE item (id serial PRIMARY KEY, name text); INSERT INTO item (name) SELECT 'n' || g FROM generate_series(1, 500) g;
      CREATE FUNCTION secret() RETURNS int LANGUAGE sql AS 'SELECT 1';
      REVOKE EXECUTE ON FUNCTION secret FROM PUBLIC; GRANT EXECUTE ON FUNCTION secret TO tta_dev_app;
      ALTER TABLE item ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON item TO tta_dev_app USING (id > 0);
      SET SESSION AUTHORIZATION tta_dev_app; CREATE TABLE made_by_app (id int); INSERT INTO made_by_app VALUES (7);
      RESET SESSION AUTHORIZATION; ALTER ROLE tta_dev_app IN DATABASE tta_dev SET work_mem = '8MB'`)
    await admin.query(`ALTER ROLE tta_dev PASSWORD 'p@s:s/w?rd#%ä'`)
  })

  afterAll(() => Promise.all([server?.dispose(), newer?.dispose()]))

  const save = async (from: string, name: string) => {
    const folder = join(server.folder, name)
    mkdirSync(folder)
    const files = new StateFolderWriter(folder)
    const saved = await foreign.save(from, files, context)
    return { saved, files: new StateFolderReader(folder, files.files) }
  }

  test('what is saved of one as its owner or as a superuser can be loaded into a lane, without the users it had', async () => {
    const from = url('tta_dev', 'p@s:s/w?rd#%ä', 'tta_dev')
    const { saved, files } = await save(from, 'by-owner')
    expect(saved).toMatchObject({
      format: 'pg_dump',
      details: { owner: 'tta_dev', users: 'app readonly backup monitor' },
      counts: { 'public.item': 500, 'public.made_by_app': 1 },
    })
    expect(saved.details.roles).toBeUndefined()
    expect(await foreign.describe(from, context)).toEqual(saved)
    expect(await foreign.size(from, context)).toBeGreaterThan(1_000_000)
    const lane = await newer.lane()
    const { snapshots } = newer.session
    if (!snapshots || 'unsupported' in snapshots) throw new Error('no snapshots')
    await using loaded = await snapshots.load(lane.id, files, saved)
    await loaded.swap()
    const client = new pg.Client(lane.endpoint.url)
    await client.connect()
    const { rows } = await client.query(
      `SELECT c.relname AS name, pg_get_userbyid(c.relowner) AS owner, c.relacl::text AS rights FROM pg_class c
       WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`,
    )
    expect(rows).toEqual([
      { name: 'item', owner: 'isolane', rights: null },
      { name: 'made_by_app', owner: 'isolane', rights: null },
    ])
    expect((await client.query(`SELECT polroles::regrole[]::text AS roles FROM pg_policy`)).rows).toEqual([
      { roles: '{isolane}' },
    ])
    await client.end()
    const password = server.instance.endpoint.credentials.password
    const { saved: bySuperuser } = await save(url('admin', password, 'tta_dev'), 'by-superuser')
    expect(bySuperuser).toEqual(saved)
  })

  test('one that wants TLS is read, and is as it was', async () => {
    await using other = await foreignServer()
    const before = await other.portrait()
    const verified = other.url('boss', `/shop?sslmode=verify-full&sslrootcert=${other.certificate}`)
    // Programs that are provided have no TLS, so that nothing is saved here.
    for (const from of [verified, other.url('boss', '/shop?sslmode=require')]) {
      expect((await foreign.describe(from, context)).counts).toMatchObject({ 'public.customer': 1 })
    }
    await expect(foreign.size(other.url('secret'), context)).resolves.toBeGreaterThan(0)
    expect(await other.portrait()).toEqual(before)
  })

  test('what keeps us out is said', async () => {
    const size = (text: string) => foreign.size(text, context)
    await expect(size(url('tta_dev', 'wrong', 'tta_dev'))).rejects.toThrow(
      /refuses the password of the role "tta_dev".*SERVER_UNREACHABLE/,
    )
    await expect(size(url('tta_dev', 'p@s:s/w?rd#%ä', 'none'))).rejects.toThrow(
      /database "none" does not exist.*SERVER_UNREACHABLE/,
    )
    await expect(size('postgres://x:secret@127.0.0.1:1/x')).rejects.toThrow(
      /127.0.0.1:1 can not be used: .*ECONNREFUSED/,
    )
    await expect(size('mysql://x:secret@127.0.0.1:1/x')).rejects.toThrow(/begins with postgres:/)
    const none = {
      ...context,
      programs: () =>
        Promise.reject(
          Object.assign(new Error('none'), { name: 'IsolaneError', code: 'ISOLANE_ENGINE_INSTALL_FAILED' }),
        ),
    }
    await expect(foreign.describe(url('tta_dev', 'p@s:s/w?rd#%ä', 'tta_dev'), none)).rejects.toThrow('none')
    // May connect, and not read everything.
    await admin.query(`ALTER ROLE tta_dev_monitor PASSWORD 'monitor'`)
    await expect(save(url('tta_dev_monitor', 'monitor', 'tta_dev'), 'monitor')).rejects.toThrow(
      /the database tta_dev can not be read \(permission denied for (table|sequence).*SNAPSHOT_FAILED/,
    )
  })
})
