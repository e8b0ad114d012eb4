import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lane, type Subject, subject } from './harness.ts'

const schema = `
  CREATE TABLE item (id serial PRIMARY KEY, name text);
  INSERT INTO item (name) VALUES ('one'), ('two');
  CREATE TABLE plain (id int);
  CREATE UNLOGGED TABLE quick (id int);
  INSERT INTO quick VALUES (1);`

describe('lanes of PostgreSQL 17', () => {
  let server: Subject

  beforeAll(async () => {
    server = await subject({ version: '17', seed: 's.sql' }, { 's.sql': schema })
  })

  afterAll(() => server?.dispose())

  const items = (lane: Lane) => lane.value('SELECT count(*)::int FROM item')
  const databaseId = (lane: Lane) =>
    lane
      .connect()
      .then((client) =>
        client
          .query('SELECT oid FROM pg_database WHERE datname = current_database()')
          .then(({ rows }) => rows[0].oid as number),
      )

  test('nobody else may come in, and the server listens to us alone', async () => {
    const lane = await server.lane()
    const { host, port, user, database } = lane.endpoint
    const wrong = new pg.Client({ host, port, user, database, password: 'wrong' })
    await expect(wrong.connect()).rejects.toThrow(/password authentication failed/)
    const admin = await server.admin()
    const { rows } = await admin.query(
      "SELECT has_database_privilege('pg_monitor', $1, 'CONNECT') AS others, current_setting('listen_addresses') AS listens",
      [database],
    )
    expect(rows[0]).toEqual({ others: false, listens: '127.0.0.1' })
    await expect(lane.client.query('SELECT * FROM isolane.seeds')).rejects.toThrow(
      /permission denied for schema isolane/,
    )
  })

  test('connections survive a reset that keeps them', async () => {
    const lane = await server.lane()
    await lane.client.query("INSERT INTO item (name) VALUES ('x')")
    await lane.reset('keep')
    expect(await items(lane)).toBe(2)
  })

  test('a reset that closes cuts everybody off; locks, listeners and prepared transactions end', async () => {
    const lane = await server.lane()
    const other = await lane.connect()
    await lane.client.query('SELECT pg_advisory_lock(7); LISTEN news')
    await other.query("BEGIN; INSERT INTO item (name) VALUES ('x'); PREPARE TRANSACTION 'mine'")
    await other.query("BEGIN; UPDATE item SET name = 'locked'")
    await lane.reset('close')
    await expect(lane.client.query('SELECT 1')).rejects.toThrow()
    const fresh = await lane.connect()
    expect((await fresh.query('SELECT pg_try_advisory_lock(7) AS free')).rows).toEqual([{ free: true }])
    expect((await fresh.query('SELECT count(*)::int AS n FROM pg_prepared_xacts')).rows).toEqual([{ n: 0 }])
    expect((await fresh.query('SELECT count(*)::int AS n FROM item')).rows).toEqual([{ n: 2 }])
  })

  test('a transaction still open at a reset is caught by the next one', async () => {
    const lane = await server.lane()
    const late = await lane.connect()
    await late.query("BEGIN; INSERT INTO item (name) VALUES ('late'); INSERT INTO plain VALUES (1)")
    await lane.client.query("INSERT INTO item (name) VALUES ('early')")
    await lane.reset('keep')
    await late.query('COMMIT')
    expect(await items(lane)).toBe(3)
    await lane.reset('keep')
    expect(await items(lane)).toBe(2)
    expect(await lane.value('SELECT count(*)::int FROM plain')).toBe(0)
  })

  test('a late transaction is caught also when the reset in between put rows back', async () => {
    const lane = await server.lane()
    const late = await lane.connect()
    await late.query("BEGIN; INSERT INTO item (name) VALUES ('late')")
    await lane.client.query("DELETE FROM item WHERE name = 'two'")
    await lane.reset('keep')
    expect(await items(lane)).toBe(2)
    await late.query('COMMIT')
    await lane.reset('keep')
    expect((await lane.client.query('SELECT id, name FROM item ORDER BY id')).rows).toEqual([
      { id: 1, name: 'one' },
      { id: 2, name: 'two' },
    ])
  })

  test('a forgotten transaction that holds locks is ended, not waited for', { timeout: 20_000 }, async () => {
    const lane = await server.lane()
    const holder = await lane.connect()
    await holder.query("BEGIN; UPDATE item SET name = 'held'")
    await lane.client.query("INSERT INTO item (name) VALUES ('x')")
    await lane.client.query('INSERT INTO plain VALUES (1)')
    await lane.client.end()
    await lane.reset('keep')
    const fresh = await lane.connect()
    expect((await fresh.query('SELECT name FROM item ORDER BY id')).rows).toEqual([{ name: 'one' }, { name: 'two' }])
    expect((await fresh.query('SELECT count(*)::int AS n FROM plain')).rows).toEqual([{ n: 0 }])
  })

  test('writers in other transactions are not disturbed: no serialisation failures, no locks on marks', async () => {
    const lane = await server.lane()
    const [first, second] = [await lane.connect(), await lane.connect()]
    await first.query('BEGIN ISOLATION LEVEL SERIALIZABLE')
    await second.query('BEGIN ISOLATION LEVEL SERIALIZABLE')
    await first.query("INSERT INTO item (name) VALUES ('a')")
    await second.query("INSERT INTO item (name) VALUES ('b')")
    await first.query('COMMIT')
    await second.query('COMMIT')
    expect(await items(lane)).toBe(4)
  })

  test('writes and resets side by side never leave a row behind', async () => {
    const lane = await server.lane()
    const writers = await Promise.all([lane.connect(), lane.connect(), lane.connect()])
    let stop = false
    const writing = writers.map(async (client, number) => {
      for (let round = 0; !stop; round += 1) {
        await client.query('BEGIN')
        await client.query('INSERT INTO plain VALUES ($1)', [round])
        if (number === 1) await client.query("UPDATE item SET name = 'w' WHERE id = 1")
        if (number === 2) {
          await client.query('SAVEPOINT a; DELETE FROM item WHERE id = 2; ROLLBACK TO a')
          await client.query("INSERT INTO item VALUES ($1, 's')", [1000 + round])
        }
        await client.query(round % 3 === 0 ? 'ROLLBACK' : 'COMMIT')
      }
    })
    for (let round = 0; round < 60; round += 1) await lane.reset('keep')
    stop = true
    await Promise.all(writing)
    await lane.reset('keep')
    expect(await lane.value('SELECT count(*)::int FROM plain')).toBe(0)
    expect((await lane.client.query('SELECT id, name FROM item ORDER BY id')).rows).toEqual([
      { id: 1, name: 'one' },
      { id: 2, name: 'two' },
    ])
  })

  test('eight lanes are reset side by side', async () => {
    const lanes = await Promise.all(Array.from({ length: 8 }, () => server.lane()))
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        lanes.map((lane) => lane.client.query("INSERT INTO item (name) VALUES ('x'); DELETE FROM item WHERE id = 1")),
      )
      await Promise.all(lanes.map((lane) => lane.reset('keep')))
      expect(await Promise.all(lanes.map(items))).toEqual(lanes.map(() => 2))
    }
  })

  test('a lane is replaced under its name while a pool reconnects all the time', async () => {
    const lane = await server.lane()
    const pool = new pg.Pool({ connectionString: lane.endpoint.url, max: 4 })
    pool.on('error', () => {})
    let stop = false
    const hammering = Promise.all(
      [1, 2, 3, 4].map(async () => {
        while (!stop) await pool.query('SELECT count(*) FROM item').catch(() => {})
      }),
    )
    const before = await databaseId(lane)
    for (let round = 0; round < 3; round += 1) {
      const client = await lane.connect()
      await client.query('CREATE TABLE extra (id int)')
      await lane.reset(round === 1 ? 'close' : 'keep')
    }
    stop = true
    await hammering
    await pool.end()
    expect(await databaseId(lane)).not.toBe(before)
    const fresh = await lane.connect()
    expect((await fresh.query("SELECT to_regclass('extra') AS extra")).rows).toEqual([{ extra: null }])
  })

  test('databases put aside are dropped in an idle moment, and bounded before', async () => {
    const lane = await server.lane()
    for (let round = 0; round < 30; round += 1) {
      const client = await lane.connect()
      await client.query('CREATE TABLE extra (id int)')
      await lane.reset('close')
    }
    const admin = await server.admin()
    const trash = async () =>
      (await admin.query("SELECT 1 FROM pg_database WHERE datname LIKE 'isolane_trash%'")).rows.length
    await expect.poll(trash).toBeLessThanOrEqual(24)
    await server.session.idle?.()
    expect(await trash()).toBe(0)
  })

  test('a database that is not ours is left alone', async () => {
    const admin = await server.admin()
    await admin.query('CREATE DATABASE isolane_lane_77')
    const made = server.session.createLane({ number: 77, name: 'lane-77' })
    await expect(made).rejects.toThrow(/a database isolane_lane_77 that Isolane did not make/)
    expect((await admin.query("SELECT 1 FROM pg_database WHERE datname = 'isolane_lane_77'")).rows).toHaveLength(1)
  })

  test('a database whose maker was killed before it could mark it gives way', async () => {
    const blocker = await server.admin()
    await blocker.query('BEGIN; LOCK TABLE pg_shdescription IN EXCLUSIVE MODE')
    const making = server.session.createLane({ number: 78, name: 'lane-78' })
    const admin = await server.admin()
    const kill = `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'pg_shdescription'::regclass AND NOT granted`
    await expect.poll(async () => (await admin.query(kill)).rowCount).toBe(1)
    await blocker.query('ROLLBACK')
    const client = await server.admin((await making).database)
    expect((await client.query('SELECT count(*)::int AS n FROM item')).rows).toEqual([{ n: 2 }])
  })

  test('a lane left by a session that is gone gives way', async () => {
    const lane = await server.lane()
    await lane.client.query("INSERT INTO item (name) VALUES ('old')")
    await lane.client.end()
    await server.session.createLane(lane.id)
    const fresh = await lane.connect()
    expect((await fresh.query('SELECT count(*)::int AS n FROM item')).rows).toEqual([{ n: 2 }])
  })

  test('a crash of the server empties unlogged tables: lanes and template are made again', async () => {
    const lane = await server.lane()
    const { rows } = await lane.client.query('SELECT pg_backend_pid() AS pid')
    process.kill(rows[0].pid, 'SIGKILL')
    await expect
      .poll(
        () =>
          lane.connect().then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)
    await lane.reset('close')
    const fresh = await lane.connect()
    expect((await fresh.query('SELECT id FROM quick')).rows).toEqual([{ id: 1 }])
    const another = await server.lane()
    expect(await another.value('SELECT id FROM quick')).toBe(1)
  })

  test('no password shows in process lists or in what the server logs', async () => {
    const lane = await server.lane()
    const secrets = [lane.endpoint.password, server.instance.endpoint.credentials.password]
    const log = await server.instance.logs()
    for (const secret of secrets) expect(log).not.toContain(secret)
    if (process.platform !== 'linux') return
    const commands = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(commandLine)
    for (const secret of secrets) expect(commands.join('\n')).not.toContain(secret)
  })
})

describe('large seeds', () => {
  test('what is dearer to tidy than to clone is cloned', async () => {
    const server = await subject(
      { version: '17', seed: 's.sql' },
      {
        's.sql':
          "CREATE TABLE big (id int PRIMARY KEY, filler text); INSERT INTO big SELECT g, repeat('x', 1000) FROM generate_series(1, 40000) g;",
      },
    )
    try {
      const lane = await server.lane()
      for (const damage of ['DELETE FROM big WHERE id = 5', 'INSERT INTO big VALUES (0)']) {
        for (const connections of ['keep', 'close'] as const) {
          const client = await lane.connect()
          await client.query(damage)
          await client.end()
          await lane.reset(connections)
          const fresh = await lane.connect()
          const { rows } = await fresh.query(
            'SELECT count(*)::int AS n, count(*) FILTER (WHERE id IN (0, 5))::int AS some FROM big',
          )
          expect(rows).toEqual([{ n: 40_000, some: 1 }])
        }
      }
    } finally {
      await server.dispose()
    }
  })
})

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
