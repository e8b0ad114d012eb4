import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explain } from '../../../src/services/postgres/attached/explain.ts'
import { laneRoleName } from '../../../src/services/postgres/attached/lane-role.ts'
import { type PostgresLane, postgres } from '../../../src/services/postgres/index.ts'
import { inLane } from './attach-lane.ts'
import { forgetfulPooler } from './attach-pooler.ts'
import { type ForeignServer, foreignServer, password, replica } from './attach-server.ts'
import { attach, oneRow } from './attach-session.ts'

let server: ForeignServer

beforeAll(async () => {
  server = await foreignServer()
})

afterAll(() => server?.[Symbol.asyncDispose]())

const failure = (attaching: Promise<AsyncDisposable>): Promise<Error> =>
  attaching.then(
    async (attached) => {
      await attached[Symbol.asyncDispose]()
      return new Error('it did not fail')
    },
    (error: Error) => error,
  )

const items = (lane: Pick<PostgresLane, 'url'>) =>
  inLane(lane, 'SELECT name FROM item ORDER BY name').then((rows) => rows.map(({ name }) => name))

const exists = async (database: string) =>
  (await server.column(`SELECT 1 FROM pg_database WHERE datname = '${database}'`)).length > 0

describe('what a run leaves behind', () => {
  test.each(['boss', 'keeper', 'maker'])('as %s, without a template to keep: nothing at all', async (role) => {
    const before = await server.portrait()
    {
      await using attached = await attach({ url: server.url(role), ...oneRow('x'), extensions: ['citext'] })
      const [lane] = await Promise.all([attached.lane(1), attached.lane(2)])
      await inLane(lane, "INSERT INTO item VALUES ('two'); CREATE TABLE extra (id int)")
      await attached.reset(1)
      expect(await items(lane)).toEqual(['one'])
      expect(await server.portrait()).not.toEqual(before)
    }
    expect(await server.portrait()).toEqual(before)
  })

  test('after migrations that fail: nothing', async () => {
    const before = await server.portrait()
    const seed = () => {
      throw new Error('no')
    }
    expect(await failure(attach({ url: server.url('keeper'), seed }))).toMatchObject({ code: 'ISOLANE_SEED_FAILED' })
    expect(await server.portrait()).toEqual(before)
  })
})

describe('rights', () => {
  test('lanes of a role that may make roles have one of their own, which is nobody', async () => {
    for (const role of ['boss', 'keeper']) {
      await using attached = await attach({ url: server.url(role), ...oneRow('x') })
      const lane = await attached.lane(1)
      expect(lane.user).toBe(laneRoleName(role))
      expect(lane.password).not.toBe(password)
      expect(
        await inLane(
          lane,
          `SELECT rolsuper OR rolcreatedb OR rolcreaterole AS any FROM pg_roles WHERE rolname = current_user`,
        ),
      ).toEqual([{ any: false }])
      await expect(inLane({ url: lane.url.replace(lane.database, 'shop') }, 'TABLE customer')).rejects.toThrow(
        /permission denied/,
      )
    }
  })

  test('a role that may only make databases: lanes are its own, and a line says what that costs', async () => {
    await using attached = await attach({ url: server.url('maker'), ...oneRow('x') })
    const lane = await attached.lane(1)
    expect(lane).toMatchObject({ user: 'maker', password })
    expect(await attached.session.details?.()).toEqual({ databases: lane.database, user: 'maker' })
    expect(attached.events.filter(({ kind }) => kind === 'info')).toEqual([
      {
        kind: 'info',
        subject: 'subject',
        text: 'attached as "maker", with at most 5 connections besides the tests\' own; resets are fresh clones, as resets in place take a superuser',
      },
    ])
  })

  test('settings that migrations gave the database hold in lanes that are clones', async () => {
    const seed = ({ lane }: { lane: PostgresLane }) =>
      inLane(
        lane,
        `ALTER DATABASE ${lane.database} SET search_path = app, public; ALTER DATABASE ${lane.database} SET timezone = 'Asia/Tokyo'`,
      )
    await using attached = await attach({ url: server.url('maker'), seed })
    const lane = await attached.lane(1)
    await attached.reset(1)
    expect(await inLane(lane, 'SHOW search_path')).toEqual([{ search_path: 'app, public' }])
    expect(await inLane(lane, 'SHOW timezone')).toEqual([{ TimeZone: 'Asia/Tokyo' }])
  })

  test('prepared transactions of tests are ended also without a superuser', async () => {
    expect(await server.column('SHOW max_prepared_transactions')).not.toEqual(['0'])
    for (const role of ['keeper', 'maker']) {
      await using attached = await attach({ url: server.url(role), ...oneRow('x') })
      const lane = await attached.lane(1)
      await inLane(lane, "BEGIN; INSERT INTO item VALUES ('two'); PREPARE TRANSACTION 'mine'")
      await attached.reset(1)
      expect(await items(lane)).toEqual(['one'])
    }
  })

  test('without CREATEDB: refused with the statement that would help, and nothing changed', async () => {
    const before = await server.portrait()
    const error = await failure(attach({ url: server.url('poor') }))
    expect(error.message).toMatch(
      /may not create databases: have an administrator run `ALTER ROLE "poor" CREATEDB` there \[ISOLANE_ATTACH_REFUSED\]$/,
    )
    expect(await server.portrait()).toEqual(before)
  })

  test('where nobody may enter the usual databases, as on some managed servers', async () => {
    const rights = (what: string) => server.column(`${what} PUBLIC; SELECT 1`)
    await rights('REVOKE CONNECT ON DATABASE postgres, template1 FROM')
    try {
      for (const role of ['keeper', 'maker']) {
        await using attached = await attach({ url: server.url(role), ...oneRow('x') })
        const lane = await attached.lane(1)
        await inLane(lane, "INSERT INTO item VALUES ('two')")
        await attached.reset(1)
        expect(await items(lane)).toEqual(['one'])
      }
      const error = await failure(attach({ url: server.url('maker', '/postgres') }))
      expect(error.message).toMatch(/permission denied for database "postgres".*\[ISOLANE_ATTACH_REFUSED\]$/)
    } finally {
      await rights('GRANT CONNECT ON DATABASE postgres, template1 TO')
    }
  })

  test('an extension that takes an administrator: refused with the statement, which then helps', async () => {
    const options = { url: server.url('maker'), ...oneRow('x'), extensions: ['file_fdw'] }
    const error = await failure(attach(options))
    expect(error.message).toMatch(
      /run `CREATE EXTENSION "file_fdw"` in its database template1.*\[ISOLANE_ATTACH_REFUSED\]$/,
    )
    await server.column('CREATE EXTENSION "file_fdw"', 'template1')
    try {
      await using attached = await attach(options)
      const rows = await inLane(await attached.lane(1), "SELECT extname FROM pg_extension WHERE extname = 'file_fdw'")
      expect(rows).toHaveLength(1)
    } finally {
      await server.column('DROP EXTENSION "file_fdw"', 'template1')
    }
  })
})

describe('what is not ours is refused and left alone', () => {
  test('a role of our name', async () => {
    await server.column(`CREATE ROLE ${laneRoleName('keeper')}`)
    try {
      const before = await server.portrait()
      const error = await failure(attach({ url: server.url('keeper'), ...oneRow('x') }))
      expect(error.message).toMatch(/is not one that Isolane made: rename or drop it \[ISOLANE_ATTACH_REFUSED\]$/)
      expect(await server.portrait()).toEqual(before)
    } finally {
      await server.column(`DROP ROLE ${laneRoleName('keeper')}`)
    }
  })

  test('a database of a template’s name', async () => {
    const options = { url: server.url('maker'), ...oneRow('foreign template', true) }
    await (await attach(options))[Symbol.asyncDispose]()
    const [name] = await server.column(`SELECT datname FROM pg_database WHERE datname LIKE 'isolane_template_%'`)
    await server.column(`COMMENT ON DATABASE ${name} IS NULL`)
    const before = await server.portrait()
    expect((await failure(attach(options))).message).toMatch(
      /has a database isolane_template_\w+ that Isolane did not make/,
    )
    expect(await server.portrait()).toEqual(before)
    await server.column(`ALTER DATABASE ${name} IS_TEMPLATE false`)
    await server.column(`DROP DATABASE ${name}`)
  })
})

describe('TLS', () => {
  const ours = `SELECT DISTINCT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity USING (pid) WHERE application_name = 'isolane'`
  const encrypted = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'

  test('is used by us and by tests, whoever signed the certificate being checked', async () => {
    const parameters = `sslmode=verify-full&sslrootcert=${encodeURIComponent(server.certificate)}`
    await using attached = await attach({ url: server.url('boss', `/shop?${parameters}`), ...oneRow('x') })
    const lane = await attached.lane(1)
    await attached.reset(1)
    expect(await server.column(ours)).toEqual([true])
    expect(await inLane(lane, encrypted)).toEqual([{ ssl: true }])
    expect(postgres().service.env(lane)).toMatchObject({ PGSSLMODE: 'verify-full', PGSSLROOTCERT: server.certificate })
  })

  test('a certificate that nobody known has signed', async () => {
    const error = await failure(attach({ url: server.url('boss', '/shop?sslmode=verify-full') }))
    expect(error.message).toMatch(/its certificate is not trusted .*sslrootcert=FILE.*\[ISOLANE_ATTACH_REFUSED\]$/)
  })

  test('without `sslmode`: where the server insists, and nowhere else', async () => {
    await using attached = await attach({ url: server.url('secret'), seed: () => {} })
    const lane = await attached.lane(1)
    expect(await server.column(ours)).toEqual([true])
    expect(await inLane({ url: `${lane.url}&uselibpqcompat=true` }, encrypted)).toEqual([{ ssl: true }])
    await using plain = await attach({ url: server.url('maker'), seed: () => {} })
    expect(await plain.lane(1)).toMatchObject({ sslmode: 'disable', url: expect.not.stringContaining('sslmode') })
  })

  test('a file that is not there, and a mode that there is none of', async () => {
    const missing = await failure(attach({ url: server.url('boss', '/shop?sslmode=require&sslrootcert=/no/such.crt') }))
    expect(missing.message).toMatch(
      /option "url" is invalid: sslrootcert can not be read: .*\[ISOLANE_OPTION_INVALID\]$/,
    )
    const unknown = await failure(attach({ url: server.url('boss', '/shop?sslmode=sometimes') }))
    expect(unknown.message).toMatch(/sslmode is none of disable, allow, .*\[ISOLANE_OPTION_INVALID\]$/)
  })
})

describe('a server that can not be used', () => {
  test('a wrong password is refused, and not shown', async () => {
    const url = server.url('maker').replace(encodeURIComponent(password), 'a-wrong-one')
    const error = await failure(attach({ url }))
    expect(error.message).toMatch(/refuses the password of the role "maker": .*\[ISOLANE_ATTACH_REFUSED\]$/)
    expect(JSON.stringify({ ...error, text: String(error), cause: String(error.cause) })).not.toContain('a-wrong-one')
  })

  test('no password', async () => {
    const url = server.url('maker').replace(`:${encodeURIComponent(password)}`, '')
    expect((await failure(attach({ url }))).message).toMatch(
      /wants a password of the role "maker": put it into the URL/,
    )
  })

  test('a database that is not there', async () => {
    const error = await failure(attach({ url: server.url('maker', '/nothing') }))
    expect(error.message).toMatch(/database "nothing" does not exist: end the URL with/)
  })

  test('a replica', async () => {
    await using standby = await replica()
    const error = await failure(attach({ url: standby.url }))
    expect(error.message).toMatch(/it is a read-only replica: give the URL of its primary \[ISOLANE_ATTACH_REFUSED\]$/)
  })

  test('a connection pooler, whether it refuses our settings or passes over them', async () => {
    const access = { host: '127.0.0.1', port: 6432, user: 'maker' }
    const unsupported = new Error('unsupported startup parameter: options')
    expect(explain(access, unsupported).message).toMatch(/a connection pooler answers, .* \[ISOLANE_ATTACH_REFUSED\]$/)
    await using pooler = await forgetfulPooler(Number(new URL(server.url('maker')).port))
    const url = server.url('maker').replace(/:\d+\/shop/, `:${pooler.port}/shop`)
    expect((await failure(attach({ url }))).message).toMatch(
      /a connection pooler answers, .*: give the URL of the server itself/,
    )
  })

  test('a version that is not the one asked for', async () => {
    const error = await failure(attach({ url: server.url('maker'), version: '16' }))
    expect(error.message).toMatch(
      /^The server is PostgreSQL 17.*, but 16 is wanted: .* \[ISOLANE_VERSION_UNSUPPORTED\]$/,
    )
  })

  test('no connection left: waited for, then explained', async () => {
    const open: pg.Client[] = []
    let refusal: unknown
    while (refusal === undefined) {
      const client = new pg.Client({ connectionString: server.url('maker') })
      client.on('error', () => {})
      await client.connect().then(
        () => open.push(client),
        (error: unknown) => {
          refusal = error
        },
      )
    }
    const access = { host: '127.0.0.1', port: 1, user: 'maker' }
    expect(explain(access, refusal).message).toMatch(
      /it has no connection left: end some, or raise its max_connections/,
    )
    const attaching = attach({ url: server.url('maker'), ...oneRow('x') })
    await Promise.all(open.map((client) => client.end()))
    await using attached = await attaching
    expect(await items(await attached.lane(1))).toEqual(['one'])
  })
})

describe('several sessions on one server', () => {
  test('share the template and nothing else; one that ends takes nothing of the others', async () => {
    const options = { url: server.url('boss'), ...oneRow('shared', true) }
    const sessions = await Promise.all([1, 2, 3].map(() => attach(options)))
    const built = sessions.filter(({ events }) => events.some(({ text }) => text.includes('migrating')))
    const templates = await server.column(`SELECT datname FROM pg_database WHERE datname LIKE 'isolane_template_%'`)
    expect({ built: built.length > 0, templates: templates.length }).toEqual({ built: true, templates: 1 })
    const lanes = await Promise.all(sessions.map((attached) => attached.lane(1)))
    expect(new Set(lanes.map(({ database }) => database)).size).toBe(3)
    const [first, ...others] = lanes
    await inLane(first as PostgresLane, "INSERT INTO item VALUES ('first')")
    await sessions[0]?.[Symbol.asyncDispose]()
    for (const lane of others) expect(await items(lane)).toEqual(['one'])
    expect(await exists(String(first?.database))).toBe(false)
    await Promise.all(sessions.map((attached) => attached[Symbol.asyncDispose]()))
    expect(await server.column(`SELECT datname FROM pg_database WHERE datname LIKE 'isolane_template_%'`)).toEqual(
      templates,
    )
  })

  test('connections are bounded, and returned', async () => {
    const count = () => server.column(`SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'isolane'`)
    await using attached = await attach({ url: server.url('boss'), ...oneRow('x') })
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8]
    const lanes = await Promise.all(numbers.map((number) => attached.lane(number)))
    let most = 0
    const resets = (async () => {
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(numbers.map((number) => attached.reset(number)))
        most = Math.max(most, Number((await count())[0]))
      }
    })()
    await resets
    expect(attached.events.map(({ text }) => text).join()).toContain('with at most 7 connections')
    expect(most).toBeLessThanOrEqual(7)
    for (const lane of lanes) expect(await items(lane)).toEqual(['one'])
    await attached[Symbol.asyncDispose]()
    await expect.poll(count).toEqual([0])
  })
})
