import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { OpenClients } from '../../../src/core/open-clients.ts'
import { postgresClients } from '../../../src/services/postgres/lane-clients.ts'
import { type Lane, type Subject, subject } from './harness.ts'

const schema = `
  CREATE TABLE parent (id int PRIMARY KEY);
  CREATE TABLE item (
    id serial, name text UNIQUE,
    parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
  CREATE PROCEDURE ends() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;`

let server: Subject
let lane: Lane
let open: OpenClients
let client: pg.Client

beforeAll(async () => {
  server = await subject({ migrations: 's.sql' }, { 's.sql': schema })
  lane = await server.lane()
})

afterAll(() => server?.dispose())

beforeEach(async () => {
  open = new OpenClients()
  const methods = postgresClients.methods(lane.endpoint, (opened) => open.add('postgres', opened))
  client = await methods.client({ rollback: true })
})

afterEach(async () => {
  await open.close()
  expect(await outside()).toEqual([])
})

const add = (name: string) => client.query('INSERT INTO item (name) VALUES ($1)', [name])

/** What is there for the client itself. */
async function inside(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('SELECT name FROM item ORDER BY name')
  return rows.map(({ name }) => name)
}

/** What is there for everybody else. */
async function outside(): Promise<string[]> {
  const { rows } = await lane.client.query<{ name: string }>('SELECT name FROM item ORDER BY name')
  return rows.map(({ name }) => name)
}

describe('statements outside of a transaction', () => {
  test('are seen by the client alone, and undone', async () => {
    await add('one')
    await client.query('CREATE TABLE made (id int)')
    await client.query('DELETE FROM item; TRUNCATE made')
    await add('two')
    expect(await inside()).toEqual(['two'])
    expect(await outside()).toEqual([])
    await open.endTest()
    expect(await lane.value("SELECT to_regclass('made')")).toBeNull()
  })

  test('that fail leave what was done before, and the client usable', async () => {
    await add('one')
    await expect(add('one')).rejects.toMatchObject({ code: '23505' })
    const error = await client.query('nonsense').catch((error) => error)
    expect(error).toMatchObject({ code: '42601' })
    expect(error.stack).toMatch(/^error: syntax error .*\n +at \S*.*rollback\.test\.ts/)
    expect(await inside()).toEqual(['one'])
  })

  test('that violate a deferred constraint fail', async () => {
    await expect(client.query("INSERT INTO item VALUES (1, 'orphan', 7)")).rejects.toMatchObject({ code: '23503' })
    expect(await inside()).toEqual([])
  })

  test('are no matter of deferred constraints that are not theirs: of other sessions, and where they may not look', async () => {
    const deferred = '(id int UNIQUE DEFERRABLE INITIALLY DEFERRED)'
    const other = await server.lane()
    await other.client.query(`CREATE TEMPORARY TABLE passing ${deferred}`)
    const admin = await server.admin(other.endpoint.database)
    await admin.query(`CREATE SCHEMA closed; CREATE TABLE closed.away ${deferred}`)
    const methods = postgresClients.methods(other.endpoint, (opened) => open.add('postgres', opened))
    const among = await methods.client({ rollback: true })
    await among.query(`CREATE TEMPORARY TABLE own ${deferred}`)
    await among.query('BEGIN; INSERT INTO own VALUES (1), (1); DELETE FROM own; COMMIT')
    await expect(among.query('INSERT INTO own VALUES (1), (1)')).rejects.toMatchObject({ code: '23505' })
  })

  test('that were not awaited run in their order', async () => {
    const all = [add('one'), add('two'), client.query('DELETE FROM item'), add('three')]
    await Promise.all(all)
    expect(await inside()).toEqual(['three'])
  })
})

describe('transactions of the test', () => {
  test('commit, but not for others', async () => {
    await client.query('BEGIN')
    await add('one')
    await client.query('COMMIT')
    await client.query('ROLLBACK')
    expect(await inside()).toEqual(['one'])
    expect(await outside()).toEqual([])
  })

  test('roll back without what was done before', async () => {
    await add('before')
    await client.query('START TRANSACTION ISOLATION LEVEL SERIALIZABLE')
    await client.query('SET TRANSACTION READ WRITE')
    await add('one')
    await client.query('ABORT')
    expect(await inside()).toEqual(['before'])
  })

  test('are aborted by an error until they end, and then roll back even when they commit', async () => {
    await add('before')
    await client.query('begin')
    await add('one')
    await expect(client.query('nonsense')).rejects.toMatchObject({ code: '42601' })
    await expect(add('two')).rejects.toMatchObject({ code: '25P02' })
    await client.query('commit')
    expect(await inside()).toEqual(['before'])
  })

  test('fail to commit while a deferred constraint is violated', async () => {
    await client.query('BEGIN')
    await client.query("INSERT INTO item VALUES (1, 'early', 7)")
    await client.query('INSERT INTO parent VALUES (7)')
    await client.query('COMMIT')
    await client.query('ALTER TABLE item ADD COLUMN more int')
    await client.query('BEGIN')
    await client.query("INSERT INTO item VALUES (2, 'orphan', 8)")
    await expect(client.query('COMMIT')).rejects.toMatchObject({ code: '23503' })
    expect(await inside()).toEqual(['early'])
  })

  test('have savepoints of their own', async () => {
    await client.query('BEGIN; SAVEPOINT mine')
    await add('one')
    await client.query('ROLLBACK TO SAVEPOINT mine')
    await add('two')
    await client.query('RELEASE mine')
    await client.query('END')
    expect(await inside()).toEqual(['two'])
  })

  test('may stand in one text with other statements, comments and functions', async () => {
    const text = `-- BEGIN; COMMIT
      BEGIN; INSERT INTO item (name) VALUES ('one; COMMIT'); COMMIT;
      DO $$ BEGIN PERFORM 1; END $$; /* COMMIT */ BEGIN; INSERT INTO item (name) VALUES ('two'); ROLLBACK AND CHAIN;
      INSERT INTO item (name) VALUES ('three'); COMMIT; SELECT 'last' AS word`
    const results = (await client.query(text)) as unknown as pg.QueryResult[]
    expect(results.at(-1)?.rows).toEqual([{ word: 'last' }])
    expect(await inside()).toEqual(['one; COMMIT', 'three'])
  })
})

describe('settings of one transaction', () => {
  const settings = async (...names: readonly string[]) => {
    const text = 'SELECT array_agg(current_setting(name, true)) AS all FROM unnest($1::text[]) AS name'
    return (await client.query(text, [names])).rows[0].all
  }

  test('end with it', async () => {
    const before = await settings('timezone', 'search_path', 'role')
    await client.query("SET app.tenant = 'outer'")
    await client.query(
      `BEGIN; SET LOCAL app.tenant = '7'; SET LOCAL TIME ZONE 'Asia/Tokyo'; SET LOCAL "search_path" = a, b`,
    )
    await client.query('ROLLBACK')
    expect(await settings('app.tenant', 'timezone', 'search_path', 'role')).toEqual(['outer', ...before])

    await client.query(
      `BEGIN; SET LOCAL app.tenant = '7'; SET LOCAL TIME ZONE 'Asia/Tokyo'; SET LOCAL "search_path" = a, b`,
    )
    await client.query('SELECT set_config($1, $2, true)', ['app.user', 'ada'])
    const named = "SELECT set_config('app.role', coalesce($1, 'it''s none')::text, $2)"
    await client.query({ text: named, values: ['admin', true] })
    const all = ['app.tenant', 'timezone', 'search_path', 'app.user', 'app.role']
    expect(await settings(...all)).toEqual(['7', 'Asia/Tokyo', 'a, b', 'ada', 'admin'])
    await client.query("UPDATE public.item SET name = 'role'")
    await client.query('COMMIT')
    expect(await settings(...all)).toEqual(['outer', before[0], before[1], '', ''])
  })

  test('are those of one statement outside of it', async () => {
    await client.query("SET LOCAL app.tenant = '7'")
    expect(await settings('app.tenant')).toEqual([''])
    const { rows } = await client.query("SELECT set_config('app.tenant', '8', true) AS now")
    expect(rows).toEqual([{ now: '8' }])
    await expect(client.query("SELECT set_config('app.tenant', '9', true), 1 / 0")).rejects.toMatchObject({
      code: '22012',
    })
    expect(await settings('app.tenant')).toEqual([''])
  })

  test('are no others: those that were set for good stay', async () => {
    await client.query(
      "BEGIN; SET LOCAL app.one = '1'; SET app.one = '2'; SELECT set_config('app.two', '3', false); COMMIT",
    )
    await client.query("SELECT set_config('app.three', '4', $1)", [false])
    expect(await settings('app.one', 'app.two', 'app.three')).toEqual(['2', '3', '4'])
  })
})

describe('what would end the transaction around all', () => {
  test('is refused: two-phase commits, and cursors that commit', async () => {
    await client.query('BEGIN')
    await add('one')
    await expect(client.query("PREPARE TRANSACTION 'mine'")).rejects.toThrow(/can't have PREPARE TRANSACTION/)
    expect(() => client.query(new pg.Query('COMMIT'))).toThrow(/a cursor or stream that begins or ends/)
    await expect(client.query('CALL ends()')).rejects.toMatchObject({ code: '2D000' })
  })

  const commitAllTheSame = async () => {
    await add('one')
    const { query } = pg.Client.prototype as { query(text: string): Promise<unknown> }
    await query.call(client, 'COMMIT')
  }

  test('does not matter to a reset', async () => {
    await commitAllTheSame()
    await open.suspended('postgres', () => lane.reset())
    await add('two')
  })

  test('is told when it happened all the same', async () => {
    await commitAllTheSame()
    await expect(open.close()).rejects.toThrow(/was committed: something ended the transaction/)
    expect(await outside()).toEqual(['one'])
    await lane.reset()
  })
})

describe('all forms of query()', () => {
  test('are taken', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown[]>()
    client.query('SELECT $1::int AS n', [1], (error, result) => resolve([error, result.rows]))
    expect(await promise).toEqual([null, [{ n: 1 }]])
    expect((await client.query({ text: 'SELECT 2', rowMode: 'array' })).rows).toEqual([[2]])
    expect((await client.query({ name: 'third', text: 'SELECT $1::int AS n', values: [3] })).rows).toEqual([{ n: 3 }])
    await client.query({ text: 'COMMIT' })
    await add('one')
  })

  test('report failures to a callback, which may itself fail without the client noticing', async () => {
    const { promise, resolve } = Promise.withResolvers<Error>()
    client.query('nonsense', (error) => resolve(error))
    expect(await promise).toMatchObject({ code: '42601' })
    await add('one')
  })

  /** What talks to the connection itself, as cursors and streams do. @returns its rows, once it has ended */
  function submit(text: string): Promise<unknown[]> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown[]>()
    const rows: unknown[] = []
    const query = new pg.Query(text)
    query.on('row', (row) => rows.push(row))
    query.on('error', reject)
    query.on('end', () => resolve(rows))
    client.query(query)
    return promise
  }

  test('take what talks to the connection itself', async () => {
    expect(await submit('SELECT generate_series(1, 3) AS n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    await add('one')
  })

  test('run in their order, whichever they are', async () => {
    const all = [add('one'), submit('SELECT name FROM item'), add('two'), submit("DELETE FROM item WHERE name = 'one'")]
    expect((await Promise.all(all))[1]).toEqual([{ name: 'one' }])
    expect(await inside()).toEqual(['two'])
  })

  test('undo no more than themselves when they fail, or what the test has begun', async () => {
    await add('one')
    await expect(submit('nonsense')).rejects.toMatchObject({ code: '42601' })
    await expect(submit("INSERT INTO item VALUES (1, 'orphan', 7); SELECT 1 / 0")).rejects.toMatchObject({
      code: '22012',
    })
    await client.query('BEGIN')
    await add('two')
    await expect(submit('nonsense')).rejects.toMatchObject({ code: '42601' })
    await expect(add('three')).rejects.toMatchObject({ code: '25P02' })
    await client.query('ROLLBACK')
    expect(await inside()).toEqual(['one'])
  })
})

test('a client that has ended with its test says so', async () => {
  await open.endTest()
  await expect(client.query('SELECT 1')).rejects.toThrow(/has ended with its test: ask for one in each test/)
})

test('a client that the test has ended, or the server, is no failure; nor is a statement that still runs', async () => {
  await add('one')
  await client.end()
  await open.close()
  const methods = postgresClients.methods(lane.endpoint, (opened) => open.add('postgres', opened))
  const cut = await methods.client({ rollback: true })
  const { rows } = await cut.query('SELECT pg_backend_pid() AS pid')
  await lane.client.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
  const busy = await methods.client({ rollback: true })
  await busy.query("INSERT INTO item (name) VALUES ('busy')")
  const sleep = expect(busy.query('SELECT pg_sleep(600)')).rejects.toThrow(/Connection terminated/)
  const sleeping = "SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
  await expect.poll(() => lane.value(sleeping)).toBe(1)
  await open.close()
  await sleep
})

test('a reset of the lane undoes it too, and it goes on', async () => {
  await add('one')
  await lane.client.query("INSERT INTO item (name) VALUES ('other')")
  await open.suspended('postgres', () => lane.reset())
  expect(await inside()).toEqual([])
  await add('two')
  expect(await outside()).toEqual([])
})
