import { expect, test } from 'vitest'
import type { StateReader } from '../../../../src/core/contracts.ts'
import { long } from '../../../long.ts'
import { subject } from '../harness.ts'
import { restore, save, snapshotsOf } from './saved.ts'

const schema = `
  CREATE TABLE item (id serial PRIMARY KEY, name text);
  INSERT INTO item (name) SELECT repeat(md5(g::text), 20) FROM generate_series(1, 2000) g`

test.skipIf(long)(`a server process killed during a load leaves the lane, and the next load works${long}`, async () => {
  const server = await subject({ version: '17', seed: 's.sql' }, { 's.sql': schema })
  try {
    const lane = await server.lane()
    await lane.client.query('DELETE FROM item WHERE id > 7')
    using saved = await save(server.session, lane.id)
    await lane.client.query('DELETE FROM item WHERE id > 3')
    const admin = await server.admin()
    // In the middle of the dump the process that fills the scratch database is killed: the server restarts them all.
    const reader: StateReader = {
      read: (name) => {
        const pieces = saved.reader().read(name)
        if (name !== 'dump') return pieces
        return (async function* () {
          const { rows } = await admin.query(
            `SELECT a.pid FROM pg_stat_activity a WHERE a.application_name = 'isolane' AND a.datname LIKE 'isolane\\_side\\_%'`,
          )
          expect(rows).toHaveLength(1)
          process.kill(rows[0].pid, 'SIGKILL')
          yield* pieces
        })()
      },
    }
    await expect(snapshotsOf(server.session).load(lane.id, reader, saved.state)).rejects.toMatchObject({
      code: 'ISOLANE_RESTORE_FAILED',
    })
    const client = await lane.connect()
    expect((await client.query('SELECT count(*)::int AS n FROM item')).rows).toEqual([{ n: 3 }])
    const after = await server.admin()
    const { rows } = await after.query(`SELECT FROM pg_database WHERE datname LIKE 'isolane\\_side\\_%'`)
    expect(rows).toEqual([])
    await restore(server.session, lane.id, saved)
    expect((await (await lane.connect()).query('SELECT count(*)::int AS n FROM item')).rows).toEqual([{ n: 7 }])
  } finally {
    await server.dispose()
  }
})

test.skipIf(long)(`a server killed during a load fails it${long}`, async () => {
  const server = await subject({ version: '17', seed: 's.sql' }, { 's.sql': schema })
  try {
    const lane = await server.lane()
    using saved = await save(server.session, lane.id)
    const reader: StateReader = {
      read: (name) =>
        (async function* () {
          if (name === 'dump') process.kill(server.instance.pid ?? 0, 'SIGKILL')
          yield* saved.reader().read(name)
        })(),
    }
    await expect(snapshotsOf(server.session).load(lane.id, reader, saved.state)).rejects.toMatchObject({
      code: 'ISOLANE_RESTORE_FAILED',
    })
  } finally {
    await server.dispose().catch(() => {})
  }
})

test.skipIf(long)(`a mark whose unlogged rows a crash took says so${long}`, async () => {
  const server = await subject({ version: '17', seed: 's.sql' }, { 's.sql': schema })
  try {
    const lane = await server.lane()
    await lane.client.query('CREATE UNLOGGED TABLE quick AS SELECT 1 AS one')
    await using mark = await snapshotsOf(server.session).mark(lane.id)
    await mark.restore()
    const client = await lane.connect()
    expect((await client.query('SELECT one FROM quick')).rows).toEqual([{ one: 1 }])
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    process.kill(rows[0].pid, 'SIGKILL')
    await lane.reset()
    await expect(mark.restore()).rejects.toMatchObject({
      code: 'ISOLANE_RESTORE_FAILED',
      message: expect.stringContaining('public.quick'),
    })
  } finally {
    await server.dispose()
  }
})

test.skipIf(long)(
  `what a killed stack has left beside its lanes goes when the next one takes the server over${long}`,
  async () => {
    const server = await subject({ version: '17', seed: 's.sql' }, { 's.sql': schema })
    try {
      const lane = await server.lane()
      const admin = await server.admin()
      await lane.client.query('CREATE TABLE more ()')
      await snapshotsOf(server.session).mark(lane.id)
      await admin.query('CREATE DATABASE isolane_side_of_somebody')
      const sides = async () => {
        const { rows } = await admin.query<{ datname: string }>(
          `SELECT datname FROM pg_database WHERE datname LIKE 'isolane\\_side\\_%'`,
        )
        return rows.map(({ datname }) => datname)
      }
      expect(await sides()).toHaveLength(2)
      await expect(server.session.prepare(server.template)).rejects.toMatchObject({ code: 'ISOLANE_LANE_FAILED' })
      await admin.query('DROP DATABASE isolane_side_of_somebody')
      await server.session.prepare({ ...server.template, cacheable: false })
      expect(await sides()).toEqual([])
    } finally {
      await server.dispose()
    }
  },
)
