import { spawn } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PostgresLane } from '../../../src/services/postgres/index.ts'
import { config, packageFolder, Sandbox } from '../../cli/sandbox.ts'
import { long } from '../../long.ts'
import { Program } from '../../vitest/program.ts'
import { inLane } from './attach-lane.ts'
import { type ForeignServer, foreignServer } from './attach-server.ts'
import { attach, oneRow } from './attach-session.ts'

let server: ForeignServer

beforeAll(async () => {
  server = await foreignServer()
})

afterAll(() => server?.[Symbol.asyncDispose]())

const items = (lane: Pick<PostgresLane, 'url'>) =>
  inLane(lane, 'SELECT name FROM item ORDER BY name').then((rows) => rows.map(({ name }) => name))

const exists = async (database: string) =>
  (await server.column(`SELECT 1 FROM pg_database WHERE datname = '${database}'`)).length > 0

/** A project with these servers in its config, and the command line working on it from the sources. */
function attaching(urls: Readonly<Record<string, string>>): Sandbox {
  const services = Object.entries(urls).map(([name, url]) => `${name}: postgres({ url: ${JSON.stringify(url)} })`)
  return new Sandbox({
    program: join(packageFolder, 'src', 'cli', 'index.ts'),
    files: { 'isolane.config.ts': config(services.join(', '), '', join(packageFolder, 'src', 'index.ts')) },
  })
}

describe('a server that crashes', () => {
  test('has emptied unlogged tables: template and lanes are made again, as a superuser and not', async () => {
    const seed = ({ lane }: { lane: PostgresLane }) =>
      inLane(lane, "CREATE UNLOGGED TABLE item (name text); INSERT INTO item VALUES ('one')")
    const sessions = await Promise.all(['boss', 'maker'].map((role) => attach({ url: server.url(role), seed })))
    const lanes = await Promise.all(sessions.map((attached) => attached.lane(1)))
    const victim = new pg.Client({ connectionString: server.url('maker') })
    const bystander = new pg.Client({ connectionString: server.url('maker') })
    for (const client of [victim, bystander]) await client.on('error', () => {}).connect()
    const { rows } = await victim.query('SELECT pg_backend_pid() AS pid')
    const crashed = new Promise((resolve) => bystander.once('end', resolve))
    process.kill(rows[0].pid, 'SIGKILL')
    await crashed
    // What is reset before the crash has reached everybody would be lost again.
    await expect.poll(() => server.column('SELECT 1').catch(() => [])).toEqual([1])
    await Promise.all(sessions.map((attached) => attached.reset(1)))
    for (const lane of lanes) expect(await items(lane)).toEqual(['one'])
    for (const attached of sessions) expect(await items(await attached.lane(2))).toEqual(['one'])
    await Promise.all(sessions.map((attached) => attached[Symbol.asyncDispose]()))
  })
})

describe('what killed runs leave', () => {
  const owner = join(import.meta.dirname, 'fixtures', 'attach-owner.ts')

  const start = (role: string, moment: string) =>
    new Program(spawn(process.execPath, [owner, moment], { env: { ...process.env, SUBJECT_URL: server.url(role) } }))

  /** @returns the lane of a session whose process was killed in that moment, where it had one */
  const killed = async (role: string, moment: string): Promise<PostgresLane | undefined> => {
    const program = start(role, moment)
    const [, json = ''] = await program.says(/^now (.*)$/m)
    await program.kill()
    return json === '' ? undefined : JSON.parse(json)
  }

  test.skipIf(long)(`is removed by \`isolane gc\`, whenever they were killed, and twice in a row${long}`, async () => {
    const before = await server.portrait()
    await using sandbox = attaching({ keeper: server.url('keeper'), maker: server.url('maker') })
    for (let time = 1; time <= 2; time += 1) {
      await Promise.all([killed('maker', 'migrating'), killed('keeper', 'leased'), killed('maker', 'resetting')])
    }
    expect(await server.portrait()).not.toEqual(before)
    const { code, stderr } = await sandbox.cli(['gc', '--yes'])
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /^isolane (keeper|maker): removed what a killed run left on PostgreSQL at .*: isolane_/m,
      ),
    })
    expect(await server.portrait()).toEqual(before)
  })

  test('`isolane gc` names a server that it could not visit, and visits the others', async () => {
    await using sandbox = attaching({ gone: 'postgres://ci:secret@127.0.0.1:1/postgres', maker: server.url('maker') })
    const { code, stderr } = await sandbox.cli(['gc', '--yes'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^isolane gone: gone: nothing answers at 127\.0\.0\.1:1: .*\[ISOLANE_SERVER_UNREACHABLE\]$/m)
    expect(stderr).toMatch(/^isolane maker: attached as "maker"/m)
  })

  test.skipIf(long)(
    `is removed by the next session: theirs, all of it, and nothing of a living one${long}`,
    async () => {
      const before = await server.portrait()
      await using living = await attach({ url: server.url('keeper'), ...oneRow('living') })
      const lane = await living.lane(1)
      const lost = await killed('maker', 'leased')
      expect(await exists(String(lost?.database))).toBe(true)
      await using next = await attach({ url: server.url('boss'), ...oneRow('next') })
      await expect.poll(() => exists(String(lost?.database)), { timeout: 60_000 }).toBe(false)
      expect(next.events.map(({ text }) => text)).toContainEqual(
        expect.stringMatching(`removed what a killed run left on PostgreSQL at .*${lost?.database}`),
      )
      expect(await items(lane)).toEqual(['one'])
      await next[Symbol.asyncDispose]()
      await living[Symbol.asyncDispose]()
      expect(await server.portrait()).toEqual(before)
    },
  )

  test.skipIf(long)(
    `is removed also when they were killed between making a database and marking it${long}`,
    async () => {
      const before = await server.portrait()
      const unmarked = () =>
        server.column(
          `SELECT datname FROM pg_database
         WHERE datname ~ '^isolane_[0-9a-f]{12}_building' AND shobj_description(oid, 'pg_database') IS NULL`,
        )
      const blocker = new pg.Client({ connectionString: server.url('boss') })
      await blocker.connect()
      await blocker.query('BEGIN; LOCK TABLE pg_shdescription IN EXCLUSIVE MODE')
      const program = start('maker', 'leased')
      await expect.poll(unmarked, { timeout: 60_000 }).toHaveLength(1)
      await program.kill()
      await server.column(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'maker'`)
      await blocker.end()
      expect(await unmarked()).toHaveLength(1)
      await (await attach({ url: server.url('maker'), ...oneRow('next') }))[Symbol.asyncDispose]()
      expect(await server.portrait()).toEqual(before)
    },
  )

  test.skipIf(long)(`of templates, the last five used stay, and any that somebody uses${long}`, async () => {
    const url = server.url('maker')
    const names = () =>
      server.column(
        `SELECT datname FROM pg_database WHERE datname LIKE 'isolane_template_%' AND pg_get_userbyid(datdba) = 'maker' ORDER BY 1`,
      )
    await using oldest = await attach({ url, ...oneRow('template 0', true) })
    const [used] = await names()
    for (let number = 1; number <= 6; number += 1) {
      await (await attach({ url, ...oneRow(`template ${number}`, true) }))[Symbol.asyncDispose]()
    }
    const all = await names()
    expect(all).toHaveLength(7)
    await oldest.session.idle?.()
    await expect.poll(async () => (await names()).length, { timeout: 60_000 }).toBe(6)
    expect(await names()).toContain(used)
    expect(await items(await oldest.lane(1))).toEqual(['one'])
  })
})

describe('a server that restarts while it is used', () => {
  test('lanes go on, are reset, and are nobody’s leftovers', async () => {
    const sessions = await Promise.all(
      ['boss', 'maker'].map((role) => attach({ url: server.url(role), ...oneRow('restart', true) })),
    )
    const lanes = await Promise.all(sessions.map((attached) => attached.lane(1)))
    for (const lane of lanes) await inLane(lane, "INSERT INTO item VALUES ('two')")
    await server.instance.save?.(`attach-restart-${Date.now()}`)
    for (const lane of lanes) expect(await items(lane)).toEqual(['one', 'two'])
    await Promise.all(sessions.map((attached) => attached.reset(1)))
    for (const lane of lanes) expect(await items(lane)).toEqual(['one'])
    const locks = () =>
      server.column(`SELECT count(DISTINCT pid)::int FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'`)
    await expect.poll(locks).toEqual([2])
    for (const attached of sessions) expect(await items(await attached.lane(2))).toEqual(['one'])
    await Promise.all(sessions.map((attached) => attached[Symbol.asyncDispose]()))
    for (const { database } of lanes) expect(await exists(database)).toBe(false)
  })
})
