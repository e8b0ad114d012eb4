/** Several services of one kind in a stack: whose the usual variables are, and that their lanes have nothing in common. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runtimes } from '../../src/builtin.ts'
import type { StackConfig } from '../../src/core/config.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import { cacheFolder } from '../../src/core/folders.ts'
import type { Lane } from '../../src/core/lane.ts'
import { laneEnvironment, nowhereEnvironment, unnamedVariables } from '../../src/core/lane-environment.ts'
import { silent } from '../../src/core/report.ts'
import { Stack } from '../../src/core/stack.ts'
import { container, defineStack, postgres, redis, sqlite } from '../../src/index.ts'

describe('a stack with two Postgres databases and two Redis', () => {
  const root = mkdtempSync(join(tmpdir(), 'isolane-two-'))
  let stack: Stack
  let lane: Lane

  beforeAll(async () => {
    writeFileSync(join(root, 'main.sql'), 'CREATE TABLE item (name text)')
    writeFileSync(join(root, 'timeline.sql'), 'CREATE TABLE event (name text)')
    const config = defineStack({
      runtime: 'native',
      services: {
        main: postgres({ migrations: 'main.sql' }),
        timeline: postgres({ migrations: 'timeline.sql' }),
        sessions: redis(),
        redis: redis(),
      },
      env: ({ timeline, sessions }) => ({ TIMELINE_DATABASE_URL: timeline.url, SESSIONS_URL: sessions.url }),
    })
    stack = await Stack.open({
      config: resolveConfig(config as unknown as StackConfig, root, {}),
      runtimes,
      stateFolder: root,
      cacheFolder: cacheFolder(),
      workers: 1,
      report: silent,
      signal: new AbortController().signal,
    })
    lane = await stack.pool.lease({ pid: process.pid, what: 'test' })
  })

  afterAll(async () => {
    await stack?.close()
    rmSync(root, { recursive: true, force: true })
  })

  test('the usual variables are those of the first, and of the one that is named like its kind', () => {
    const { main, timeline, redis, sessions } = lane.endpoints
    expect(lane.env).toMatchObject({
      DATABASE_URL: main?.url,
      PGPORT: String(main?.port),
      REDIS_URL: redis?.url,
      REDIS_PORT: String(redis?.port),
      TIMELINE_DATABASE_URL: timeline?.url,
      SESSIONS_URL: sessions?.url,
    })
  })

  test('each has its own migrations', async () => {
    expect(await tables(lane.env.DATABASE_URL)).toEqual(['item'])
    expect(await tables(lane.env.TIMELINE_DATABASE_URL)).toEqual(['event'])
  })

  test('a reset of one leaves the other alone; a reset of all cleans both', async () => {
    const both = [lane.env.DATABASE_URL, lane.env.TIMELINE_DATABASE_URL]
    const add = () => Promise.all(both.map((url, index) => query(url, `CREATE TABLE extra_${index} ()`)))
    await add()
    await stack.pool.reset(lane.id.number, 'timeline')
    expect(await Promise.all(both.map(tables))).toEqual([['extra_0', 'item'], ['event']])
    await stack.pool.reset(lane.id.number)
    expect(await Promise.all(both.map(tables))).toEqual([['item'], ['event']])
  })

  test('what one Redis holds, the other does not', async () => {
    const cache = new Redis(lane.env.REDIS_URL ?? '')
    const sessions = new Redis(lane.env.SESSIONS_URL ?? '')
    try {
      await cache.set('key', 'cached')
      expect(await sessions.dbsize()).toBe(0)
      await stack.pool.reset(lane.id.number, 'redis')
      expect(await cache.dbsize()).toBe(0)
    } finally {
      cache.disconnect()
      sessions.disconnect()
    }
  })
})

describe('whose a variable is', () => {
  const resolved = (services: StackConfig['services'], env?: StackConfig['env']) =>
    resolveConfig({ services, ...(env ? { env } : {}) }, '/', {})
  const first = { ...postgres().service.nowhere, url: 'first' }
  const second = { ...sqlite().service.nowhere, url: 'second', file: '/second.db' }

  test('a service of another kind only takes what is free', () => {
    const config = resolved({ rows: postgres(), files: sqlite() })
    const environment = laneEnvironment(config, { number: 1, name: 'lane-1' }, { rows: first, files: second })
    expect(environment).toMatchObject({ DATABASE_URL: 'first', SQLITE_FILE: '/second.db' })
    expect(Object.keys(environment).sort()).toEqual(Object.keys(nowhereEnvironment(config)).sort())
  })

  test('what has lost its variables to another is told, with whose they are', () => {
    expect(unnamedVariables(resolved({ rows: postgres(), files: sqlite() }))).toEqual([
      "DATABASE_URL: the way to rows, not to files; name that one's own with `env`",
    ])
    const store = (ports: { http: number }) =>
      container({ image: 'store:1', ports, env: ({ url }) => ({ STORE_URL: url }) })
    expect(unnamedVariables(resolved({ left: store({ http: 1 }), store: store({ http: 2 }) }))).toEqual([
      "STORE_URL: the way to store, not to left; name that one's own with `env`",
    ])
  })

  test('whoever names variables of their own is told nothing', () => {
    const services = { rows: postgres(), timeline: postgres() }
    expect(unnamedVariables(resolved({ rows: postgres(), cache: redis() }))).toEqual([])
    expect(unnamedVariables(resolved(services))).toEqual([
      expect.stringMatching(/^DATABASE_URL, PGHOST, .*: the way to rows,/),
    ])
    expect(unnamedVariables(resolved(services, ({ timeline }) => ({ TIMELINE: String(timeline?.url) })))).toEqual([])
  })
})

async function tables(url: string | undefined): Promise<string[]> {
  const { rows } = await query(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
  return rows.map(({ tablename }) => String(tablename))
}

async function query(url: string | undefined, text: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}
