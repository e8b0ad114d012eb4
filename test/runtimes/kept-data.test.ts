import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openPorts } from '../../src/contract-tests/runtime.ts'
import { identify, isAlive } from '../../src/core/process-identity.ts'
import { readRuns } from '../../src/core/run.ts'
import { createNativeRuntime } from '../../src/runtimes/native/index.ts'
import { long } from '../long.ts'
import { command, query, removeFolders, startOwner, type TestContext, testContext } from './helpers.ts'
import { durable, postgresSpec, redisSpec, valkeyEngine } from './specs.ts'

afterAll(removeFolders)

const { signal } = new AbortController()
const keep = 'test-cache'
const valkey = () => durable(redisSpec(valkeyEngine()))
const homeOf = ({ runsFolder }: TestContext) => join(dirname(runsFolder), 'data', keep)

describe('data kept by local processes', () => {
  test('they outlive their server and gc, are in use once, and are gone when they are forgotten', async () => {
    const context = testContext()
    const runtime = createNativeRuntime(context)
    const first = await runtime.start(valkey(), { keep, from: 'nothing of this', signal })
    expect(first.save).toBeUndefined()
    await command(first, 'SET', 'what', 'kept')
    const inUse = { code: 'ISOLANE_START_FAILED', reason: 'The data kept for cache are in use by this process' }
    await expect(runtime.start(valkey(), { keep, signal })).rejects.toMatchObject(inUse)
    expect(await runtime.forget?.(keep)).toMatchObject([{ removed: false, reason: 'in use by this process' }])
    await first[Symbol.asyncDispose]()

    // What a kill in the middle of the first start leaves, of which nothing counts.
    mkdirSync(join(homeOf(context), 'data.partial-4711'))
    expect(await runtime.sweep({ kept: true })).toEqual([])
    // A server that somebody started by hand: only Linux tells where one works.
    const { native, ...spec } = valkey()
    if (!native) throw new Error('it runs natively')
    const locking = { ...spec, native: { ...native, lockFiles: ['server.pid'] } }
    const data = join(homeOf(context), 'data')
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      cwd: data,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const ended = once(other, 'exit')
    writeFileSync(join(data, 'server.pid'), `${other.pid}\n`)
    if (process.platform === 'linux') {
      await expect(runtime.start(locking, { keep, signal })).rejects.toMatchObject({
        code: 'ISOLANE_START_FAILED',
        message: expect.stringContaining(`in use by pid ${other.pid}, a server that was not started by Isolane`),
      })
      expect(existsSync(join(data, 'server.pid'))).toBe(true)
    }
    other.stdin?.end()
    await ended
    const second = await runtime.start(locking, { keep, signal })
    expect(existsSync(join(data, 'server.pid'))).toBe(false)
    expect(await command(second, 'GET', 'what')).toBe('kept')
    expect(readdirSync(homeOf(context))).toEqual(['data'])
    await second[Symbol.asyncDispose]()

    expect(await runtime.forget?.(keep)).toMatchObject([{ kind: 'data', removed: true }])
    expect(existsSync(homeOf(context))).toBe(false)
    expect(await runtime.forget?.(keep)).toEqual([])
    expect(context.run.folder).toSatisfy((folder: string) => readdirSync(folder).length === 1)
  })

  test('what may forget is in memory, whatever name it is given', async () => {
    const context = testContext()
    await using instance = await createNativeRuntime(context).start(redisSpec(valkeyEngine()), { keep, signal })
    expect(instance.save).toBeDefined()
    expect(existsSync(homeOf(context))).toBe(false)
  })

  test('no link in the data is followed where files are written for the server', async () => {
    const context = testContext()
    const runtime = createNativeRuntime(context)
    const spec = valkey()
    const { native } = spec
    if (!native) throw new Error('it runs natively')
    const files = { ...native.serve.files, '{data}/settings': 'ours' }
    const withFile = { ...spec, native: { ...native, serve: { ...native.serve, files } } }
    await (await runtime.start(spec, { keep, signal }))[Symbol.asyncDispose]()
    const stranger = join(dirname(context.runsFolder), 'stranger')
    writeFileSync(stranger, 'theirs')
    symlinkSync(stranger, join(homeOf(context), 'data', 'settings'))
    await (await runtime.start(withFile, { keep, signal }))[Symbol.asyncDispose]()
    expect(statSync(stranger).size).toBe('theirs'.length)
    expect(lstatSync(join(homeOf(context), 'data', 'settings')).isFile()).toBe(true)
  })

  describe.skipIf(long)(`with killed processes${long}`, () => {
    test('an owner that lives keeps others away; a killed one leaves a server, which is ended in good order', async () => {
      const context = testContext()
      const runtime = createNativeRuntime(context)
      const owner = await startOwner({ kind: 'valkey', runsFolder: context.runsFolder, keep })
      await command(owner, 'SET', 'what', 'kept')
      await expect(runtime.start(valkey(), { keep, signal })).rejects.toMatchObject({
        reason: expect.stringContaining(`in use by pid ${owner.process.pid}, for ${process.cwd()}`),
      })
      await owner.kill('SIGKILL')
      expect(await openPorts(owner.endpoint)).toHaveLength(1)
      // Nobody has swept.
      await using next = await runtime.start(valkey(), { keep, signal })
      expect(await openPorts(owner.endpoint)).toEqual([])
      expect(await command(next, 'GET', 'what')).toBe('kept')
    })

    test('two that start at once: one has the data, and the other is told', async () => {
      const context = testContext()
      const start = () => startOwner({ kind: 'valkey', runsFolder: context.runsFolder, keep })
      const owners = await Promise.all([start(), start(), start()])
      expect(owners.filter(({ error }) => error === undefined)).toHaveLength(1)
      const refused = owners.flatMap(({ error, code }) => (error ? [{ error, code }] : []))
      for (const { error, code } of refused) {
        expect(code).toBe('ISOLANE_START_FAILED')
        expect(error).toContain('are in use by pid')
      }
      await Promise.all(owners.map(({ kill }) => kill('SIGTERM')))
    })

    const postgres = () => durable(postgresSpec('17'))
    const insert = (instance: Parameters<typeof query>[0]) =>
      query(instance, "CREATE TABLE IF NOT EXISTS t (i serial, text text); INSERT INTO t (text) VALUES ('kept')")

    test('Postgres that is killed, while a statement runs on, starts again on what it has acknowledged', async () => {
      const context = testContext()
      const runtime = createNativeRuntime(context)
      const first = await runtime.start(postgres(), { keep, signal })
      await insert(first)
      // It does not see that its server is gone, and would keep the next one from starting.
      const busy = query(first, 'SELECT count(*) FROM generate_series(1, 1e12::bigint)').catch(String)
      await expect
        .poll(() =>
          query(first, "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%1e12%' AND pid <> pg_backend_pid()"),
        )
        .toHaveLength(1)
      const server = first.pid === undefined ? undefined : identify(first.pid)
      if (!server) throw new Error('it runs')
      process.kill(server.pid, 'SIGKILL')
      expect(await first.ended).toContain('SIGKILL')
      await first[Symbol.asyncDispose]()
      const second = await runtime.start(postgres(), { keep, signal })
      expect(await query(second, 'SELECT text FROM t')).toEqual([{ text: 'kept' }])
      await busy
      await second[Symbol.asyncDispose]()
    })

    test('Postgres and its owner killed: a sweep ends what is left, and the data are there', async () => {
      const context = testContext()
      const runtime = createNativeRuntime(context)
      const owner = await startOwner({ kind: '17', runsFolder: context.runsFolder, keep })
      await insert(owner)
      process.kill(owner.pid, 'SIGKILL')
      await owner.kill('SIGKILL')
      await runtime.sweep({ kept: true })
      expect(readRuns(context.runsFolder).filter(({ alive }) => !alive)).toEqual([])
      const next = await startOwner({ kind: '17', runsFolder: context.runsFolder, keep })
      expect(next.error).toBeUndefined()
      expect(await query(next, 'SELECT text FROM t')).toEqual([{ text: 'kept' }])
      await insert(next)
      // The other way round: its owner ends without a word, and its server is told to.
      const server = identify(next.pid)
      await next.kill('SIGTERM')
      await expect.poll(() => server && isAlive(server)).toBe(false)
      await using last = await runtime.start(postgres(), { keep, signal })
      expect(await query(last, 'SELECT text FROM t')).toHaveLength(2)
      expect(statSync(join(homeOf(context), 'data')).mode & 0o777).toBe(0o700)
    })

    test('killed while the data are made: nothing counts, and they are made anew', async () => {
      const context = testContext()
      const runtime = createNativeRuntime(context)
      const spec = postgres()
      const { native } = spec
      if (!native) throw new Error('it runs natively')
      const failing = { ...native, initialise: { program: 'initdb', arguments: ['-D', '{data}', '--no-such-option'] } }
      await expect(runtime.start({ ...spec, native: failing }, { keep, signal })).rejects.toMatchObject({
        code: 'ISOLANE_START_FAILED',
      })
      const call = new AbortController()
      const half = runtime.start(spec, { keep, signal: call.signal })
      await expect.poll(() => readdirSync(homeOf(context)).some((name) => name.startsWith('data.partial'))).toBe(true)
      call.abort()
      await expect(half).rejects.toMatchObject({ code: 'ISOLANE_ABORTED' })
      await using instance = await runtime.start(spec, { keep, signal })
      expect(await query(instance, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
      expect(readdirSync(homeOf(context))).toEqual(['data'])
    })
  })
})
