import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SavedStart, StateReader } from '../../../../src/core/contracts.ts'
import { cacheFolder } from '../../../../src/core/folders.ts'
import { silent } from '../../../../src/core/report.ts'
import { Run } from '../../../../src/core/run.ts'
import { createDockerRuntime } from '../../../../src/runtimes/docker/index.ts'
import { postgres } from '../../../../src/services/postgres/index.ts'
import { lackingForDocker } from '../../../docker.ts'
import { long } from '../../../long.ts'
import { inLane } from '../attach-lane.ts'
import { type ForeignServer, foreignServer } from '../attach-server.ts'
import { attach } from '../attach-session.ts'
import { programs, type Subject, signal, subject } from '../harness.ts'
import { type Saved, save, snapshotsOf } from '../snapshots/saved.ts'

const schema = `
  CREATE TABLE item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text); INSERT INTO item (name) VALUES ('one'), ('two');
  CREATE TABLE guarded (id int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON guarded TO CURRENT_USER USING (id > 0);
  CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC;
  CREATE UNLOGGED TABLE quick AS SELECT 1 AS one; SELECT lo_from_bytea(70001, '\\x0102')`

const lacking = long || (await lackingForDocker('postgres:17'))

describe.skipIf(long)(`lanes that begin with what another version has saved${long}`, { timeout: 120_000 }, () => {
  let old: Subject
  let saved: Saved
  let server: ForeignServer

  beforeAll(async () => {
    server = await foreignServer('17')
    old = await subject({ version: '15', seed: 's.sql' }, { 's.sql': schema })
    saved = await save(old.session, (await old.lane()).id)
  }, 120_000)

  afterAll(async () => {
    saved?.[Symbol.dispose]()
    await old?.dispose()
    await server?.[Symbol.asyncDispose]()
  })

  const start = (more: Partial<SavedStart> = {}): SavedStart => ({ files: saved.reader(), saved: saved.state, ...more })
  const migrations = async ({ lane }: { lane: { url: string } }): Promise<void> => {
    await inLane(lane as never, `ALTER TABLE item ADD upgraded boolean DEFAULT true`)
  }

  test.each(['boss', 'keeper', 'maker'])('on a server that is not ours, with the rights of %s', async (role) => {
    await using attached = await attach({ url: server.url(role) }, start({ migrations }))
    const lane = await attached.lane(1)
    const look = () => inLane(lane, `SELECT id, name, upgraded FROM item ORDER BY id`)
    const begun = await look()
    expect(begun).toEqual([
      { id: 1, name: 'one', upgraded: true },
      { id: 2, name: 'two', upgraded: true },
    ])
    await inLane(lane, `INSERT INTO item (name) VALUES ('three'); DROP FUNCTION f(); DELETE FROM quick`)
    await attached.reset(1)
    expect(await look()).toEqual(begun)
    expect(await inLane(lane, 'SELECT f(), (SELECT count(*)::int FROM quick) AS quick')).toEqual([{ f: 1, quick: 1 }])
    expect((await snapshotsOf(attached.session).describe({ number: 1, name: 'lane-1' })).digests).toMatchObject({
      'large objects': saved.state.digests['large objects'],
      'public.quick': saved.state.digests['public.quick'],
    })
    const refused = attach({ url: server.url(role) }, start({ way: 'pg_upgrade' }))
    await expect(refused).rejects.toMatchObject({
      code: 'ISOLANE_UPGRADE_REFUSED',
      message: expect.stringMatching(/needs servers of our own on this machine.*native runtime.*`dump and restore`/),
    })
  })

  test.skipIf(lacking)(`in a container${lacking}`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'isolane-postgres-'))
    const run = new Run(join(root, 'runs'), root)
    const { service, options } = postgres({ version: '17' })
    const context = { name: 'postgres', root, maximumLanes: 2, report: silent, signal, programs }
    const credentials = { username: 'isolane_admin', password: 'a-secret' }
    const runtime = createDockerRuntime({ run, cacheFolder: cacheFolder(), report: silent })
    {
      await using instance = await runtime.start(service.spec(options, { ...context, credentials }), { signal })
      await using session = await service.open(instance, options, context)
      const template = { fingerprint: 'a'.repeat(64), cacheable: false }
      await expect(snapshotsOf(session).prepareFrom?.(template, start({ way: 'pg_upgrade' }))).rejects.toMatchObject({
        code: 'ISOLANE_UPGRADE_REFUSED',
      })
      await snapshotsOf(session).prepareFrom?.(template, start())
      const id = { number: 1, name: 'lane-1' }
      const lane = await session.createLane(id)
      await inLane(lane as never, 'TRUNCATE item; DELETE FROM quick')
      await session.resetLane(id, { connections: 'keep' })
      const { counts, digests } = await snapshotsOf(session).describe(id)
      expect({ counts, digests }).toEqual({ counts: saved.state.counts, digests: saved.state.digests })
    }
    run.end()
    rmSync(root, { recursive: true, force: true })
  })

  test('are told of what can not be, and nothing is left', async () => {
    const own = await subject({ version: '15' }, {}, { prepare: false })
    try {
      const admin = await own.admin()
      const databases = async () => (await admin.query(`SELECT datname FROM pg_database ORDER BY 1`)).rows
      const before = await databases()
      const begin = async (more: Partial<SavedStart>) => {
        const template = { fingerprint: crypto.randomUUID().replaceAll('-', ''), cacheable: false }
        await snapshotsOf(own.session).prepareFrom?.(template, start(more))
      }
      const damaged: StateReader = {
        read: (name) =>
          (async function* () {
            for await (const piece of saved.reader().read(name)) yield name === 'dump' ? piece.subarray(0, 500) : piece
          })(),
      }
      await expect(begin({ way: 'logical replication' })).rejects.toMatchObject({
        code: 'ISOLANE_UPGRADE_REFUSED',
        message: expect.stringContaining('choose from dump and restore, pg_upgrade'),
      })
      await expect(begin({ way: 'pg_upgrade' })).rejects.toMatchObject({ code: 'ISOLANE_UPGRADE_REFUSED' })
      await expect(begin({ saved: { ...saved.state, version: '18.1' } })).rejects.toMatchObject({
        code: 'ISOLANE_SNAPSHOT_REFUSED',
      })
      await expect(begin({ files: damaged })).rejects.toMatchObject({
        code: 'ISOLANE_RESTORE_FAILED',
        message: expect.stringMatching(/^PostgreSQL 15\.\d+ did not take what was saved from 15/),
      })
      await expect(begin({ files: damaged, saved: { ...saved.state, version: '14.2' } })).rejects.toMatchObject({
        code: 'ISOLANE_UPGRADE_FAILED',
      })
      await own.session.idle?.()
      expect(await databases()).toEqual(before)
    } finally {
      await own.dispose()
    }
  })

  test('are made anew when their server has crashed', async () => {
    const own = await subject({ version: '18' }, {}, { prepare: false })
    try {
      const template = { fingerprint: 'b'.repeat(64), cacheable: false }
      await snapshotsOf(own.session).prepareFrom?.(template, start())
      const first = await own.lane()
      const { rows } = await first.client.query('SELECT pg_backend_pid() AS pid')
      // The crash empties unlogged tables, the template's too.
      process.kill(rows[0].pid, 'SIGKILL')
      await first.reset('close')
      const { counts, digests } = await snapshotsOf(own.session).describe(first.id)
      expect({ counts, digests }).toEqual({ counts: saved.state.counts, digests: saved.state.digests })
      expect(own.events.map((event) => ('text' in event ? event.text : ''))).toContain(
        'the server crashed; building the template again',
      )
    } finally {
      await own.dispose()
    }
  })
})
