import { rmSync } from 'node:fs'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { postgres } from '../../../src/services/postgres/index.ts'
import { laneEndpoint, laneEnvironment } from '../../../src/services/postgres/lane.ts'
import { ownNames } from '../../../src/services/postgres/names.ts'
import { nativeSpec } from '../../../src/services/postgres/spec.ts'
import { identifier, literal } from '../../../src/services/postgres/sql.ts'
import { long } from '../../long.ts'
import { nativeRuntime, signal, subject, temporaryFolder } from './harness.ts'

describe('options', () => {
  test.each([
    [{ migration: './m' }, 'postgres: unknown option "migration"; did you mean "migrations": '],
    [
      { whatever: 1 },
      'postgres: unknown option "whatever": the options are version, port, migrations, seed, extensions',
    ],
    [{ version: '12' }, 'postgres: option "version" is invalid: Expected one of 13, 14, 15, 16, 17, 18 (as a string)'],
    [{ version: 17 }, 'postgres: option "version" is invalid: Expected one of'],
    [{ port: 70_000 }, 'postgres: option "port" is invalid: Expected a port from 1 to 65535'],
    [{ migrations: 5 }, 'postgres: option "migrations" is invalid: Expected a path'],
    [{ seed: { comand: 'x' } }, 'postgres: option "seed" is invalid: Expected a path'],
    [{ extensions: 'citext' }, 'postgres: option "extensions" is invalid: Expected a list'],
    [{ url: 'postgres://db/x', port: 5433 }, 'postgres: option "port" can\'t be combined with "url": leave one'],
    [{ url: 'postgres://db/x', isolation: 'instance' }, 'postgres: option "isolation" can\'t be combined with "url"'],
    ['17', 'postgres: the options are not an object'],
  ])('%j', (options, message) => {
    // What a config in JavaScript may hold.
    const given = options as Parameters<typeof postgres>[0]
    expect(() => postgres(given)).toThrow(message)
    expect(() => postgres(given)).toThrow('[ISOLANE_OPTION_INVALID]')
  })

  test('a server of another version than the one asked for is refused', async () => {
    const folder = temporaryFolder()
    const { service } = postgres()
    const context = { name: 'postgres', root: folder, maximumLanes: 4, report: () => {}, signal }
    const credentials = { username: 'postgres', password: 'secret' }
    const spec = service.spec({ version: '17' }, { ...context, credentials })
    const instance = await nativeRuntime(folder).start(spec, { signal })
    try {
      await expect(service.open(instance, { version: '16' }, context)).rejects.toThrow(
        /The server is PostgreSQL 17\.\d+, but 16 is wanted: .*ISOLANE_VERSION_UNSUPPORTED/,
      )
    } finally {
      await instance[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('what connects', () => {
  test('a URL is escaped, and its parts are the environment', () => {
    const lane = laneEndpoint({ host: '::1', port: 5, user: 'a@b', password: 'p/?:#%ä', version: '17.1' }, 'x y/z')
    const url = new URL(lane.url)
    expect(decodeURIComponent(url.password)).toBe('p/?:#%ä')
    expect(decodeURIComponent(url.username)).toBe('a@b')
    expect(decodeURIComponent(url.pathname)).toBe('/x y/z')
    expect(url.host).toBe('[::1]:5')
    expect(laneEnvironment(lane)).toMatchObject({ PGHOST: '::1', PGPORT: '5', PGUSER: 'a@b', PGDATABASE: 'x y/z' })
  })

  test('names of lanes become names of databases', () => {
    expect(ownNames.lane({ number: 3, name: 'lane-3' })).toBe('isolane_lane_3')
    expect(ownNames.lane({ number: 3, name: `"; DROP ${'x'.repeat(80)}` })).toMatch(/^isolane_[a-z0-9_]{55}$/)
  })

  test('quoting', () => {
    expect(identifier('a"b')).toBe('"a""b"')
    expect(literal("it's")).toBe("'it''s'")
    expect(literal("\\'")).toBe(" E'\\\\'''")
    expect(() => identifier('a\0')).toThrow(TypeError)
  })

  test.skipIf(long)(
    `a server that is not there: the reason of the last failure${long}`,
    { timeout: 30_000 },
    async () => {
      const server = await subject({ version: '17' }, {}, { prepare: false })
      const { instance } = server
      const { service, options } = postgres({ version: '17' })
      await server.dispose()
      const context = { name: 'postgres', root: '/', maximumLanes: 1, report: () => {}, signal }
      await expect(service.open(instance, options, context)).rejects.toThrow(
        /PostgreSQL at 127\.0\.0\.1:\d+ can not be used: .*ECONNREFUSED.*ISOLANE_SERVER_UNREACHABLE/,
      )
    },
  )
})

describe('without local sockets, as on Windows', () => {
  test('the password is set before the server starts', async () => {
    const folder = temporaryFolder()
    const { service, options } = postgres({ version: '17' })
    const context = { name: 'postgres', root: folder, maximumLanes: 4, report: () => {}, signal }
    const credentials = { username: 'admin', password: crypto.randomUUID() }
    const native = nativeSpec('17', { maximumLanes: 4 }, 'win32')
    const { engine, initialise } = nativeSpec('17', { maximumLanes: 4 }, process.platform)
    const spec = {
      ...service.spec(options, { ...context, credentials }),
      native: { ...native, engine, ...(initialise && { initialise }) },
    }
    const instance = await nativeRuntime(folder).start(spec, { signal })
    try {
      const session = await service.open(instance, options, context)
      await session.prepare({ fingerprint: 'a'.repeat(64), cacheable: false })
      const lane = await session.createLane({ number: 1, name: 'lane-1' })
      const client = new pg.Client({ connectionString: lane.url })
      await client.connect()
      expect((await client.query('SELECT current_user AS me')).rows).toEqual([{ me: 'isolane' }])
      await client.end()
      await session[Symbol.asyncDispose]()
    } finally {
      await instance[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
