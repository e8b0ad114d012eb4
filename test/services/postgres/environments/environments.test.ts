import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silent } from '../../../../src/core/report.ts'
import { environments } from '../../../../src/services/postgres/environments/index.ts'
import { type PostgresLane, type PostgresOptions, postgres } from '../../../../src/services/postgres/index.ts'
import { long } from '../../../long.ts'
import { column, connectTo, dev, Place, type Server, staging } from './fixture.ts'

const options: PostgresOptions = {
  version: '17',
  migrations: 'migrations.sql',
  seed: 'seed.sql',
  extensions: ['citext'],
  roles: ['app', 'readonly'],
}
const files = {
  'migrations.sql': 'CREATE TABLE note (id serial PRIMARY KEY, text citext);',
  'seed.sql': "INSERT INTO note (text) VALUES ('seeded');",
}
const notes = (lane: PostgresLane) => column(lane.url, 'SELECT text FROM note ORDER BY id')
const write = (lane: PostgresLane, text: string) =>
  column(lane.url, `INSERT INTO note (text) VALUES ('${text}') RETURNING id`)
const close = { connections: 'close' } as const

test('its data are durable, and it is where people look for it', () => {
  const { service, options: checked } = postgres({})
  const context = { name: 'postgres', root: '.', maximumLanes: 4, report: silent, signal: AbortSignal.timeout(1) }
  const credentials = { username: 'admin', password: 'secret' }
  const spec = service.spec(checked, { ...context, environments: [dev], credentials })
  expect(spec).toMatchObject({ durable: true, ports: { postgres: 5432 } })
  expect(spec.native?.serve.files?.['{data}/postgresql.conf']).toMatch(/^fsync = 'on'$/m)
  expect(spec.container?.command).toContain('fsync=on')
  expect(JSON.stringify(spec)).not.toContain('--no-sync')
  expect(service.spec(checked, { ...context, credentials })).toMatchObject({ ports: { postgres: 0 } })
  expect(environments.dataVersion({ version: '16' })).toBe('PostgreSQL 16')
})

describe('a server that holds environments', () => {
  let place: Place
  let server: Server
  let developers: PostgresLane
  let staged: PostgresLane

  beforeAll(async () => {
    place = new Place()
    place.write(files)
    server = await place.start(options)
    developers = await server.session.environments.open(dev)
    staged = await server.session.environments.open(staging)
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await place?.[Symbol.asyncDispose]()
  })

  test('each is what migrations and seed make, with nothing of ours in it, and opened again it is as it was left', async () => {
    expect(developers).toMatchObject({ database: 'tta_dev', user: 'tta_dev_app' })
    expect(await notes(developers)).toEqual(['seeded'])
    await write(developers, 'kept')
    expect(await notes(staged)).toEqual(['seeded'])
    const ours =
      "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'isolane%' UNION ALL SELECT tgname FROM pg_trigger"
    expect(await column(String(developers.ownerUrl), ours)).toEqual([])
    const session = await server.again()
    expect(await session.environments.open(dev)).toEqual(developers)
    await session[Symbol.asyncDispose]()
    expect(await notes(developers)).toEqual(['seeded', 'kept'])
    expect(await server.session.environments.facts(dev)).toMatchObject({ bytes: expect.any(Number), connections: 0 })
    expect(await server.session.environments.limits()).toMatchObject([{ what: 'connections', limit: 190 }])
    expect(server.events.filter(({ kind }) => kind === 'warning')).toEqual([])
  })

  test('marks are counted where they are, nobody gets into the other, and nothing stays', async () => {
    const { marks, check } = environments
    await marks.write(developers, 'a-1')
    expect([await marks.count(developers, 'a-1'), await marks.count(staged, 'a-1')]).toEqual([1, 0])
    await marks.remove(developers, 'a-1')
    expect(await marks.count(developers, 'a-1')).toBe(0)
    const denied = 'permission denied for database "tta_staging"'
    expect(await marks.intrude(developers, staged)).toBe(
      ['owner', 'app', 'readonly'].map((user) => `${user}: ${denied}`).join('; '),
    )
    expect(await marks.intrude(developers, developers)).toBeUndefined()

    const good = await check(developers)
    expect(good.map(({ who }) => who)).toEqual(['owner', 'app', 'readonly'])
    expect(good.every(({ problem }) => problem === undefined)).toBe(true)
    const { ownerUrl, appUrl, readonlyUrl, ...plain } = developers
    const problem = async (changes: Partial<PostgresLane>) =>
      (await check({ ...plain, ...changes } as PostgresLane))[0]?.problem
    expect(await problem({ url: developers.url.replace(developers.password, 'wrong') })).toMatch(/with this password/)
    expect(await problem({ database: 'nowhere' })).toMatch(/has no database nowhere/)
    expect(await problem({ database: 'tta_staging' })).toMatch(/may not connect to the database/)
    expect(await problem({ url: 'postgres://a:b@127.0.0.1:1/c' })).toMatch(/nothing answers at 127\.0\.0\.1:1/)
  })

  test('wiped it is as it began: the same address, users and rights; who was connected is cut off', async () => {
    const preparing = await connectTo({ connectionString: String(developers.ownerUrl) })
    await preparing.query("BEGIN; DELETE FROM note; PREPARE TRANSACTION 'left'")
    await preparing.end()
    await write(developers, 'gone soon')
    const client = await connectTo({ connectionString: developers.url })
    const cut = new Promise<void>((resolve) => client.once('end', resolve))
    await server.session.resetLane(dev, close)
    await cut
    expect(await notes(developers)).toEqual(['seeded'])
    expect(await column(String(developers.readonlyUrl), 'SELECT text FROM note')).toEqual(['seeded'])
    await expect(column(String(developers.readonlyUrl), 'DELETE FROM note RETURNING id')).rejects.toThrow(/read-only/)
    expect(await write(developers, 'two')).toEqual([2])
    expect(await environments.marks.intrude(staged, developers)).toMatch(/owner: permission denied/)
    const databases = await column(
      String(developers.ownerUrl),
      "SELECT datname FROM pg_database WHERE datname NOT LIKE 'template_' AND datname NOT LIKE 'isolane_trash_%' ORDER BY 1",
    )
    expect(databases).toEqual(['postgres', 'tta_dev', 'tta_staging'])
  })

  test.skipIf(long)(`new passwords hold for what is made later too${long}`, async () => {
    const rotated = await server.session.environments.rotate?.(dev, undefined)
    await expect(notes(developers)).rejects.toThrow(/password authentication failed/)
    if (!rotated) throw new Error('it can')
    developers = rotated
    await server.session.resetLane(dev, close)
    expect(await notes(developers)).toEqual(['seeded'])
    expect((await environments.check(developers)).every(({ problem }) => problem === undefined)).toBe(true)
  })

  test('a foreign database of its name is never touched', async () => {
    const other = { ...dev, number: 3, index: 2, name: 'other', label: 'tta-other' }
    const client = await server.superuser()
    await client.query('CREATE DATABASE tta_other')
    const refused = 'The server has a database tta_other that Isolane did not make'
    await expect(server.session.environments.open(other)).rejects.toMatchObject({ reason: refused })
    await client.query('DROP DATABASE tta_other')
    const renamed = { ...dev, name: 'develop' }
    await expect(server.session.environments.open(renamed)).rejects.toMatchObject({
      reason: expect.stringMatching(/is not one that Isolane made for the environment develop/),
    })
    await client.query(`COMMENT ON DATABASE tta_dev IS ''`)
    await expect(server.session.resetLane(dev, close)).rejects.toMatchObject({
      reason: 'The server has a database tta_dev that Isolane did not make',
    })
    await client.end()
  })
})
