import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StateReader, StateSummary } from '../../../../src/core/contracts.ts'
import { long } from '../../../long.ts'
import { type Lane, type Subject, subject } from '../harness.ts'
import { restore, save, snapshotsOf } from './saved.ts'

const schema = `
  CREATE TABLE item (id serial PRIMARY KEY, name text);
  INSERT INTO item (name) SELECT 'row ' || g FROM generate_series(1, 20000) g;
  CREATE TABLE child (item int REFERENCES item, note text)`

describe.skipIf(long)(`a state of PostgreSQL 17 that can't be restored${long}`, () => {
  let server: Subject

  beforeAll(async () => {
    server = await subject({ version: '17', seed: 's.sql' }, { 's.sql': schema })
  })

  afterAll(() => server?.dispose())

  /** The lane is what it was, in the database that it was, and nothing is left beside it. */
  async function expectUntouched(lane: Lane, rows: number): Promise<void> {
    expect(await lane.value('SELECT count(*)::int FROM item')).toBe(rows)
    await server.session.idle?.()
    const admin = await server.admin()
    const { rows: others } = await admin.query(
      `SELECT datname FROM pg_database WHERE datname LIKE 'isolane\\_side\\_%' OR datname LIKE 'isolane\\_trash\\_%'`,
    )
    expect(others).toEqual([])
    await admin.end()
  }

  const changed = (state: StateSummary, change: Partial<StateSummary>): StateSummary => ({ ...state, ...change })

  test('is refused with a reason', async () => {
    const lane = await server.lane()
    using saved = await save(server.session, lane.id)
    const { state } = saved
    const refusals: [Partial<StateSummary>, RegExp][] = [
      [{ version: '18.1' }, /comes from PostgreSQL 18\.1, and the server is 17/],
      [{ version: 'unknown' }, /comes from PostgreSQL unknown/],
      [{ format: 'pg_basebackup' }, /is of the format pg_basebackup/],
      [{ details: { ...state.details, encoding: 'LATIN1' } }, /has the encoding LATIN1, and the server UTF8/],
      [
        { details: { ...state.details, extensions: 'citext 1.6, no_such 2' } },
        /extensions that the server has not: no_such/,
      ],
      [
        { details: { ...state.details, roles: JSON.stringify(['postgres', 'app "x", y']) } },
        /roles that the server has not: app "x", y/,
      ],
    ]
    for (const [change, message] of refusals) {
      const loading = restore(server.session, lane.id, { state: changed(state, change), reader: saved.reader })
      await expect(loading).rejects.toMatchObject({
        code: 'ISOLANE_SNAPSHOT_REFUSED',
        message: expect.stringMatching(message),
      })
    }
    await expectUntouched(lane, 20_000)
  })

  test('is found out by its schema, its counts and its rows', async () => {
    const lane = await server.lane()
    await lane.client.query(`INSERT INTO child VALUES (1, 'x')`)
    using saved = await save(server.session, lane.id)
    const { state } = saved
    const differences: [Partial<StateSummary>, RegExp][] = [
      [{ schema: `0${state.schema?.slice(1)}`.replace(/^00/, '01') }, /its schema/],
      [{ counts: { ...state.counts, 'public.item': 19_999 } }, /public\.item has 20000 entries, and 19999 were saved/],
      [{ counts: { ...state.counts, 'public.more': 1 } }, /public\.more has no entries/],
      [{ digests: { ...state.digests, 'public.child': 'other' } }, /public\.child has 1 entries.*they differ/],
    ]
    for (const [change, message] of differences) {
      const loading = restore(server.session, lane.id, { state: changed(state, change), reader: saved.reader })
      await expect(loading).rejects.toMatchObject({
        code: 'ISOLANE_RESTORE_FAILED',
        message: expect.stringMatching(message),
      })
    }
    await expectUntouched(lane, 20_000)
  })

  test('has one bit changed, at several places of each file', async () => {
    const lane = await server.lane()
    using saved = await save(server.session, lane.id)
    for (const { name } of saved.files.filter((file) => file.name !== 'contents.zst')) {
      const path = join(saved.folder, name)
      const good = readFileSync(path)
      for (const part of [0, 0.1, 0.5, 0.9, 1]) {
        const bad = Buffer.from(good)
        const at = Math.floor((bad.length - 1) * part)
        bad.writeUInt8(bad.readUInt8(at) ^ 4, at)
        writeFileSync(path, bad)
        await expect(restore(server.session, lane.id, saved)).rejects.toMatchObject({
          code: 'ISOLANE_SNAPSHOT_DAMAGED',
        })
      }
      writeFileSync(path, good.subarray(0, good.length >> 1))
      await expect(restore(server.session, lane.id, saved)).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_DAMAGED' })
      writeFileSync(path, good)
    }
    await expectUntouched(lane, 20_000)
  })

  test('is a dump that says something else than it should', async () => {
    const lane = await server.lane()
    using saved = await save(server.session, lane.id)
    const reader: StateReader = {
      read: (name) =>
        name === 'dump'
          ? (async function* () {
              yield Buffer.from('PGDMP and no more')
            })()
          : saved.reader().read(name),
    }
    const loading = snapshotsOf(server.session).load(lane.id, reader, saved.state)
    await expect(loading).rejects.toMatchObject({
      code: 'ISOLANE_RESTORE_FAILED',
      message: expect.stringContaining('pg_restore'),
    })
    await expectUntouched(lane, 20_000)
  })

  test('is not made of a lane that holds the password of another server', async () => {
    const lane = await server.lane()
    const admin = await server.admin(lane.endpoint.database)
    await admin.query(`CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER remote FOREIGN DATA WRAPPER elsewhere;
      CREATE USER MAPPING FOR PUBLIC SERVER remote OPTIONS (user 'reader')`)
    using harmless = await save(server.session, lane.id)
    expect(harmless.state.counts).toBeDefined()
    await admin.query(`ALTER USER MAPPING FOR PUBLIC SERVER remote OPTIONS (ADD password 'hunter2')`)
    const saving = save(server.session, lane.id)
    await expect(saving).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_REFUSED' })
    await expect(saving).rejects.toThrow(/password for the foreign server remote/)
    await expect(saving).rejects.not.toThrow(/hunter2/)
    await admin.query(
      `ALTER USER MAPPING FOR PUBLIC SERVER remote OPTIONS (DROP password, ADD password_required 'false')`,
    )
    for (const [statement, where] of [
      [`ALTER USER MAPPING FOR PUBLIC SERVER remote OPTIONS (% sslpassword 'hunter2')`, 'foreign server remote'],
      [
        `ALTER USER MAPPING FOR PUBLIC SERVER remote OPTIONS (% aws_secret_access_key 'hunter2')`,
        'foreign server remote',
      ],
      [`ALTER SERVER remote OPTIONS (% bearer_token 'hunter2')`, 'foreign server remote'],
      [`ALTER FOREIGN DATA WRAPPER elsewhere OPTIONS (% api_key 'hunter2')`, 'foreign data wrapper elsewhere'],
    ] as const) {
      await admin.query(statement.replace('%', 'ADD'))
      await expect(save(server.session, lane.id)).rejects.toMatchObject({
        code: 'ISOLANE_SNAPSHOT_REFUSED',
        message: expect.stringContaining(`The lane holds a password for the ${where}`),
      })
      await admin.query(statement.replace('%', 'DROP').replace(" 'hunter2'", ''))
    }
    using without = await save(server.session, lane.id)
    expect(without.state.schema).toBeDefined()
  })

  test('can be swapped back as often as one likes, and its databases go', async () => {
    const lane = await server.lane()
    using saved = await save(server.session, lane.id)
    await lane.client.query('DELETE FROM item WHERE id > 5')
    const loaded = await snapshotsOf(server.session).load(lane.id, saved.reader(), saved.state)
    const count = async () => (await (await lane.connect()).query('SELECT count(*)::int AS n FROM item')).rows[0].n
    await loaded.swapBack()
    expect(await count()).toBe(5)
    for (let time = 0; time < 2; time += 1) {
      await loaded.swap()
      expect(await count()).toBe(20_000)
      await loaded.swapBack()
      expect(await count()).toBe(5)
    }
    await loaded[Symbol.asyncDispose]()
    const again = { ...lane, value: async () => count() }
    await expectUntouched(again, 5)
  })

  test('two lanes are restored at once, while others are saved', async () => {
    const lanes = [await server.lane(), await server.lane(), await server.lane()]
    const [from, ...others] = lanes
    if (!from) throw new Error('no lane')
    await from.client.query(`INSERT INTO item (name) VALUES ('more')`)
    using saved = await save(server.session, from.id)
    await Promise.all([
      ...others.map((lane) => restore(server.session, lane.id, saved)),
      save(server.session, from.id).then((another) => another[Symbol.dispose]()),
    ])
    for (const lane of others) {
      const client = await lane.connect()
      expect((await client.query('SELECT count(*)::int AS n FROM item')).rows).toEqual([{ n: 20_001 }])
      await lane.reset()
    }
    await expectUntouched(from, 20_001)
  })
})
