import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { long } from '../../../long.ts'
import { hardSchema, portrait } from '../hard-schema.ts'
import { type Lane, type Subject, subject } from '../harness.ts'
import { snapshotsOf } from './saved.ts'

async function look(server: Subject, lane: Lane): Promise<unknown> {
  const admin = await server.admin(lane.endpoint.database)
  const { rows } = await admin.query(portrait)
  await admin.end()
  return rows[0]
}

const sideDatabases = async (server: Subject): Promise<number> => {
  const admin = await server.admin()
  const { rows } = await admin.query(`SELECT FROM pg_database WHERE datname LIKE 'isolane\\_side\\_%'`)
  return rows.length
}

/** Rows of every kind, some of the template's and some of the test's own. */
const rowsOf = (round: number) => `
  INSERT INTO parent (name) VALUES ('mine ${round}');
  UPDATE child SET note = 'round ${round}' WHERE id % 2 = ${round % 2};
  DELETE FROM grandchild WHERE id = ${(round % 3) + 1};
  INSERT INTO no_key SELECT ${round}, 'twice' FROM generate_series(1, 2);
  UPDATE "Odd ""Schema"""."Table; DROP" SET "select" = E'\\\\{"${round}",}';
  UPDATE strange SET j = '[${round}]', texts = '{"${round}","a\\"b"}' WHERE id = 1;
  INSERT INTO generated (price) VALUES (${round});
  UPDATE measured SET at = '2025-02-0${(round % 5) + 1}' WHERE n = 2;
  INSERT INTO audited (name) VALUES ('round ${round}');
  DELETE FROM replicated;
  INSERT INTO log (line) SELECT 'line ' || g FROM generate_series(1, 50) g;
  UPDATE swapped SET position = -position;
  UPDATE deferred_fk SET other = ${(round % 2) + 1};
  SELECT nextval('tickets');
  DELETE FROM composite_key WHERE a = 1; TRUNCATE quick`

describe.skipIf(long)(`marks of a lane of PostgreSQL 17${long}`, () => {
  let server: Subject

  beforeAll(async () => {
    server = await subject({ version: '17', seed: 's.sql' }, { 's.sql': hardSchema })
  })

  afterAll(() => server?.dispose())

  test('are kept many times, while connections stay, and a reset still gives the template', async () => {
    const lane = await server.lane()
    const template = await look(server, lane)
    const marks = []
    for (const round of [1, 2, 3]) {
      await lane.client.query(rowsOf(round))
      marks.push({ mark: await snapshotsOf(server.session).mark(lane.id), seen: await look(server, lane) })
    }
    await lane.client.query('DELETE FROM child; DELETE FROM no_key; UPDATE strange SET id = id + 10')
    for (const at of [2, 0, 1, 1, 2]) {
      const { mark, seen } = marks[at] ?? {}
      await mark?.restore()
      expect(await look(server, lane)).toEqual(seen)
      await lane.client.query(rowsOf(at + 4))
    }
    expect(await sideDatabases(server)).toBe(0)
    expect(await lane.value('SELECT 1')).toBe(1)
    await lane.reset('keep')
    expect(await look(server, lane)).toEqual(template)
    await marks[0]?.mark.restore()
    await lane.reset('close')
    expect(await look(server, lane)).toEqual(template)
    await marks[1]?.mark.restore()
    expect(await look(server, lane)).toEqual(marks[1]?.seen)
  })

  test('what was written again after a mark is in no later state', async () => {
    const lane = await server.lane()
    await lane.client.query(`INSERT INTO parent (name) VALUES ('kept')`)
    await using mark = await snapshotsOf(server.session).mark(lane.id)
    for (let time = 0; time < 3; time += 1) {
      await lane.client.query(`INSERT INTO parent (name) VALUES ('gone'); DELETE FROM parent WHERE name = 'kept'`)
      await mark.restore()
      const { rows } = await lane.client.query('SELECT id, name FROM parent WHERE id > 3')
      expect(rows).toEqual([{ id: 4, name: 'kept' }])
      expect(await lane.value(`SELECT nextval('parent_id_seq')::int`)).toBe(5)
    }
  })

  test('a schema changed after the mark is as it was', async () => {
    const lane = await server.lane()
    const template = await look(server, lane)
    await lane.client.query(rowsOf(1))
    const seen = await look(server, lane)
    await using mark = await snapshotsOf(server.session).mark(lane.id)
    await lane.client.query('ALTER TABLE parent ADD extra int; DROP TABLE log_detail; CREATE TABLE fresh (id int)')
    await mark.restore()
    expect(await look(server, lane)).toEqual(seen)
    await lane.reset()
    expect(await look(server, lane)).toEqual(template)
  })

  test.each([
    ['schema', 'ALTER TABLE parent ADD extra int DEFAULT 7; CREATE TABLE fresh AS SELECT 1 AS one'],
    ['large objects', `SELECT lo_from_bytea(0, '\\x0102')`],
    ['views', `INSERT INTO parent (name) VALUES ('seen'); REFRESH MATERIALIZED VIEW parent_names`],
    ['rows without number', `INSERT INTO log (line) SELECT repeat(md5(g::text), 30) FROM generate_series(1, 20000) g`],
  ])('%s changed before the mark', async (_what, statement) => {
    const lane = await server.lane()
    const template = await look(server, lane)
    await lane.client.query(`${rowsOf(1)}; ${statement}`)
    await lane.client.query(`ALTER DATABASE ${lane.endpoint.database} SET work_mem = '5MB'`)
    const seen = await look(server, lane)
    await using mark = await snapshotsOf(server.session).mark(lane.id)
    expect(await sideDatabases(server)).toBe(1)
    for (const round of [2, 3]) {
      const client = await lane.connect()
      await client.query(`${rowsOf(round)}; DROP TABLE log_detail; SELECT lo_unlink(oid) FROM pg_largeobject_metadata`)
      await mark.restore()
      expect(await look(server, lane)).toEqual(seen)
    }
    await lane.reset()
    expect(await look(server, lane)).toEqual(template)
    await mark.restore()
    expect(await look(server, lane)).toEqual(seen)
  })

  test('leave nothing behind', async () => {
    expect(await sideDatabases(server)).toBe(0)
  })
})
