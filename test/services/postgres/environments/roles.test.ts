import { spawnSync } from 'node:child_process'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EnvironmentId } from '../../../../src/core/contracts.ts'
import { processVariables } from '../../../../src/core/process-variables.ts'
import { environmentEndpoint } from '../../../../src/services/postgres/environments/endpoint.ts'
import { environmentName, postgresRoles } from '../../../../src/services/postgres/environments/role-names.ts'
import { usersOf } from '../../../../src/services/postgres/environments/role-variables.ts'
import {
  ensureEnvironmentOwner,
  ensureEnvironmentRoles,
  type RoleCredentials,
  type RoleParts,
  rotateEnvironmentRoles,
} from '../../../../src/services/postgres/environments/roles.ts'
import { laneEnvironment, nowhere } from '../../../../src/services/postgres/lane.ts'
import { toolsOnMachine } from '../../../../src/services/postgres/snapshots/engine.ts'
import { usersBeside } from '../../../../src/services/postgres/snapshots/users.ts'
import { longMatrix } from '../../../long.ts'
import { programs, type Subject, subject } from '../harness.ts'

const credentials = { username: 'admin', password: 'of the stack' }
const dev: EnvironmentId = { number: 1, index: 0, name: 'dev', label: 'tta-dev', protected: false }
const staging: EnvironmentId = { ...dev, number: 2, index: 1, name: 'staging', label: 'tta-staging', protected: true }

const denied = '42501'
const readOnly = '25006'
const noPassword = '28P01'

/** What each user may do, by state of the error; '' where it works. Every statement is rolled back. */
const expected: readonly (readonly [string, Readonly<Record<string, string>>])[] = (() => {
  const rows: [string, Record<string, string>][] = []
  const add = (statement: string, app: string, readonly: string, backup: string, monitor: string) =>
    rows.push([statement, { app, readonly, backup, monitor }])
  for (const table of ['early', 'late', 'other.early', 'other.late', 'later.late', 'made_by_app', 'viewed']) {
    add(`SELECT * FROM ${table}`, '', '', '', denied)
    add(`INSERT INTO ${table} VALUES (5)`, '', denied, denied, denied)
    add(`UPDATE ${table} SET id = id + 100`, '', denied, denied, denied)
    add(`DELETE FROM ${table}`, '', denied, denied, denied)
    const own = table === 'made_by_app' ? '' : denied
    if (table !== 'viewed') add(`TRUNCATE ${table}`, own, denied, denied, denied)
    add(`DROP ${table === 'viewed' ? 'VIEW' : 'TABLE'} ${table}`, own === '' ? '' : denied, denied, denied, denied)
  }
  add('CREATE TABLE mine (id int REFERENCES early)', '', denied, denied, denied)
  add('CREATE TABLE later.mine (id int)', '', denied, denied, denied)
  add('CREATE TEMPORARY TABLE brief (id int)', '', denied, denied, denied)
  add('CREATE SCHEMA mine', denied, denied, denied, denied)
  add(`SELECT nextval('counted_id_seq')`, '', denied, denied, denied)
  add('SELECT last_value FROM counted_id_seq', '', '', '', denied)
  add('INSERT INTO counted DEFAULT VALUES', '', denied, denied, denied)
  add('SELECT rolpassword FROM pg_authid', denied, denied, denied, denied)
  add('SELECT lo_from_bytea(0, decode(repeat($$00$$, 10), $$hex$$))', '', readOnly, readOnly, readOnly)
  add('SELECT lo_get(large.id) FROM large', '', '', '', denied)
  add('CREATE ROLE mine', denied, denied, denied, denied)
  add('SET ROLE tta_dev', denied, denied, denied, denied)
  add(`COPY early TO PROGRAM 'cat'`, denied, denied, denied, denied)
  add('SELECT pg_reload_conf()', denied, denied, denied, denied)
  add(
    'SELECT setting::int / (setting IS NOT NULL)::int FROM pg_show_all_file_settings()',
    denied,
    denied,
    denied,
    denied,
  )
  return rows
})()

for (const { value: version, why } of longMatrix(['17', '13', '18'] as const)) {
  describe.skipIf(why)(`roles of an environment, PostgreSQL ${version}${why}`, () => {
    let server: Subject
    let devParts: RoleParts
    let stagingParts: RoleParts
    let users: RoleCredentials

    /** A database as environments have them, with its roles. */
    async function environment(id: EnvironmentId): Promise<RoleParts> {
      const admin = await server.admin()
      const name = environmentName(id)
      await ensureEnvironmentOwner({ client: admin, environment: id, credentials, roles: postgresRoles })
      await admin.query(`CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0`)
      const client = await server.admin(name)
      await client.query(`ALTER SCHEMA public OWNER TO ${name}`)
      return { client, environment: id, credentials, major: Number(version), roles: postgresRoles }
    }

    const as = async (user: string, found = users, database = 'tta_dev', password?: string) => {
      const { host, ports } = server.instance.endpoint
      const who = found[user as 'app']
      const options = { host, port: ports.postgres, user: who?.username, password: password ?? who?.password, database }
      const client = new pg.Client(options)
      client.on('error', () => {})
      await client.connect()
      return client
    }

    const stateOf = async (act: Promise<unknown>) =>
      act.then(
        () => '',
        (error: { code?: string }) => error.code ?? String(error),
      )

    beforeAll(async () => {
      server = await subject({ version }, {}, { prepare: false })
      devParts = await environment(dev)
      stagingParts = await environment(staging)
      const owner = await devParts.client
      await owner.query(`SET SESSION AUTHORIZATION tta_dev;
      CREATE SCHEMA other;
      CREATE TABLE early (id int PRIMARY KEY); CREATE TABLE other.early (id int);
      CREATE TABLE large (id oid); INSERT INTO large SELECT lo_from_bytea(0, 'x'); RESET SESSION AUTHORIZATION`)
      users = await ensureEnvironmentRoles(devParts)
      await ensureEnvironmentRoles(stagingParts)
      await owner.query(`SET SESSION AUTHORIZATION tta_dev; CREATE SCHEMA later;
      CREATE TABLE late (id int); CREATE TABLE other.late (id int); CREATE TABLE later.late (id int);
      CREATE VIEW viewed AS SELECT id FROM late; CREATE TABLE counted (id serial);
      ALTER TABLE early ENABLE ROW LEVEL SECURITY; CREATE POLICY everything ON early USING (true);
      CREATE TABLE hidden (id int); INSERT INTO hidden VALUES (1); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
      SET SESSION AUTHORIZATION tta_dev_app; CREATE TABLE made_by_app (id int); RESET SESSION AUTHORIZATION`)
    })

    afterAll(() => server?.dispose())

    test('each may do what it is for, and nothing else', async () => {
      const wrong: string[] = []
      for (const role of postgresRoles) {
        const client = await as(role)
        for (const [statement, states] of expected) {
          // Rights come before what the role sets for itself, so both are tried.
          const soft = states[role] === readOnly ? '' : 'SET LOCAL transaction_read_only = off;'
          await client.query('BEGIN')
          const state = await stateOf(client.query(`${soft} ${statement}`))
          await client.query('ROLLBACK')
          // Before PostgreSQL 16 making one is no writing.
          if (state === '' && statement.includes('lo_from_bytea') && Number(version) < 16) continue
          if (state !== states[role]) wrong.push(`${role}: ${statement} → ${state || 'works'}`)
        }
        await client.end()
      }
      expect(wrong).toEqual([])
    })

    test('nobody reaches another database, and the owner may change what app has made', async () => {
      for (const user of ['owner', ...postgresRoles]) {
        for (const database of ['tta_staging', 'postgres', 'template1']) {
          expect([user, database, await stateOf(as(user, users, database))]).toEqual([user, database, denied])
        }
      }
      const owner = await as('owner')
      await owner.query('BEGIN; ALTER TABLE made_by_app ADD more int; DROP TABLE made_by_app; ROLLBACK')
      await owner.end()
    })

    test('monitor sees what others do, the others do not; backup sees rows that policies hide', async () => {
      const seen = async (user: string) => {
        const client = await as(user)
        const { rows } = await client.query(
          `SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'admin' AND query <> '<insufficient privilege>'`,
        )
        await client.end()
        return rows[0].n > 0
      }
      expect([await seen('app'), await seen('readonly'), await seen('backup'), await seen('monitor')]).toEqual([
        false,
        false,
        false,
        true,
      ])
      const tools = toolsOnMachine(Number(version))
      const folder = tools && (await programs(tools).catch(() => undefined))
      const dump = (user: 'backup' | 'readonly') => {
        const { host, ports } = server.instance.endpoint
        const { username, password } = users[user] ?? { username: '', password: '' }
        const env = { PGHOST: host, PGPORT: String(ports.postgres), PGUSER: username, PGPASSWORD: password }
        return spawnSync(`${folder}/pg_dump`, ['tta_dev'], {
          env: { ...env, PATH: process.env.PATH },
          encoding: 'utf8',
        })
      }
      if (!folder) return
      expect(dump('backup')).toMatchObject({ status: 0, stdout: expect.stringMatching(/COPY public.hidden .*\n1\n/) })
      expect(dump('readonly').status).not.toBe(0)
    })

    test('passwords change with their counters, and only those that were asked for', async () => {
      const before = users
      // A connection that is lost before the commit: nothing has happened.
      await devParts.client.query('SELECT 1')
      const half = {
        ...devParts,
        client: Object.create(devParts.client, { query: { value: failingCommit(devParts.client) } }),
      }
      await expect(rotateEnvironmentRoles(half, ['app'])).rejects.toThrow('gone')
      expect(await ensureEnvironmentRoles(devParts)).toEqual(before)
      const after = await rotateEnvironmentRoles(devParts, ['app', 'owner'])
      expect([after.readonly, after.app?.username]).toEqual([before.readonly, before.app?.username])
      expect(await stateOf(as('app', before))).toBe(noPassword)
      expect(await stateOf(as('owner', before))).toBe(noPassword)
      for (const user of ['owner', ...postgresRoles]) await (await as(user, after)).end()
      // As after a restart of everything.
      expect(await ensureEnvironmentRoles(devParts)).toEqual(after)
      await expect(rotateEnvironmentRoles(devParts, ['nobody'])).rejects.toThrow(
        /no role "nobody": choose from owner, app/,
      )
      users = after
    })

    test('a password from elsewhere is that of programs alone, is written nowhere, and can not be rotated', async () => {
      const parts = { ...stagingParts, environment: { ...staging, password: "of a vault's" } }
      const given = await ensureEnvironmentRoles(parts)
      await (await as('app', given, 'tta_staging', "of a vault's")).end()
      for (const user of ['owner', 'readonly', 'backup', 'monitor']) {
        expect(await stateOf(as(user, given, 'tta_staging', "of a vault's"))).toBe(noPassword)
        await (await as(user, given, 'tta_staging')).end()
      }
      const { rows } = await stagingParts.client.query(
        `SELECT oid, rolpassword FROM pg_authid WHERE rolname LIKE 'tta_st%'`,
      )
      await ensureEnvironmentRoles(parts)
      const again = await stagingParts.client.query(
        `SELECT oid, rolpassword FROM pg_authid WHERE rolname LIKE 'tta_st%'`,
      )
      expect(again.rows).toEqual(rows)
      await expect(rotateEnvironmentRoles(parts, undefined)).rejects.toThrow(/comes from where the config says/)
    })

    test('a role that is asked for no more is shut out, and comes back as it was', async () => {
      const open = await as('readonly')
      const ended = new Promise((resolve) => open.once('end', resolve))
      await ensureEnvironmentRoles({ ...devParts, roles: ['app'] })
      await ended
      expect(await stateOf(as('readonly'))).toBe('28000')
      expect(await ensureEnvironmentRoles(devParts)).toEqual(users)
      await (await as('readonly')).end()
      // Who has the name that one would have.
      const qa = { ...dev, name: 'qa', label: 'tta-qa' }
      const owners = { ...devParts, roles: [] }
      await ensureEnvironmentOwner({ ...owners, environment: { ...qa, name: 'qa-app', label: 'tta-qa-app' } })
      await ensureEnvironmentRoles({ ...owners, environment: qa })
      const may = await devParts.client.query(`SELECT rolcanlogin AS login FROM pg_roles WHERE rolname = 'tta_qa_app'`)
      expect(may.rows).toEqual([{ login: true }])
      expect(await usersBeside(devParts.client, 'tta_qa')).toEqual([])
      expect(await usersBeside(devParts.client, 'tta_dev')).toEqual(postgresRoles)
      await devParts.client.query(`CREATE ROLE "tta_other"; COMMENT ON ROLE tta_other IS 'mine'`)
      const other = { ...dev, name: 'other', label: 'tta-other' }
      await expect(ensureEnvironmentOwner({ ...devParts, environment: other })).rejects.toThrow(/leaves it alone/)
    })

    test('programs are app, and are told how to be the others', () => {
      const { host, ports } = server.instance.endpoint
      const address = { host, port: ports.postgres ?? 0, version: server.session.version }
      const lane = environmentEndpoint(address, 'tta_dev', users)
      const variables = laneEnvironment(lane)
      expect(variables).toMatchObject({ PGUSER: 'tta_dev_app', PGDATABASE: 'tta_dev', DATABASE_URL: lane.url })
      expect(Object.keys(variables).filter((name) => name.startsWith('DATABASE_URL_'))).toEqual(
        ['OWNER', 'READONLY', 'BACKUP', 'MONITOR'].map((name) => `DATABASE_URL_${name}`),
      )
      expect(usersOf(lane).map(({ user, url }) => [user, new URL(url).username])).toEqual(
        ['owner', ...postgresRoles].map((user) => [user, user === 'owner' ? 'tta_dev' : `tta_dev_${user}`]),
      )
      expect(usersOf(environmentEndpoint(address, 'tta_dev', { owner: users.owner }))).toHaveLength(1)
      expect(laneEnvironment(lane, { roles: postgresRoles })).toEqual(variables)
    })

    test('a program in a test lane is led to no environment, wherever it has variables from', () => {
      const { url } = nowhere
      expect(laneEnvironment(nowhere, { roles: ['app', 'readonly'] })).toMatchObject({
        DATABASE_URL: url,
        DATABASE_URL_OWNER: url,
        DATABASE_URL_APP: url,
        DATABASE_URL_READONLY: url,
      })
      const removed = processVariables(laneEnvironment(nowhere))
      for (const user of ['OWNER', 'APP', 'READONLY', 'BACKUP', 'MONITOR']) {
        expect(removed).toHaveProperty(`DATABASE_URL_${user}`, undefined)
      }
    })
  })
}

function failingCommit(client: pg.Client): (text: string, values?: unknown[]) => Promise<unknown> {
  return async (text, values) => {
    if (text === 'COMMIT') throw new Error('gone')
    return client.query(text, values)
  }
}
