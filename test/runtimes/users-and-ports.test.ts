import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createNativeRuntime, installEngine } from '../../src/runtimes/native/index.ts'
import { long } from '../long.ts'
import { query, removeFolders, startOwner, temporaryFolder, testContext } from './helpers.ts'
import { postgresSpec, redisSpec, valkeyEngine } from './specs.ts'

afterAll(removeFolders)

const isRoot = process.getuid?.() === 0
const nobody = 65534

test('a port taken by a stranger: the error says by whom', async () => {
  const stranger = createServer()
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  const { port } = stranger.address() as { port: number }
  const start = createNativeRuntime(testContext()).start(redisSpec(valkeyEngine(), port), {
    signal: new AbortController().signal,
  })
  await expect(start).rejects.toThrow(new RegExp(`Port ${port} for cache is taken by pid ${process.pid} \\(`))
  stranger.close()
})

describe.skipIf(!isRoot)('as root', () => {
  test.skipIf(long)(`Postgres runs for a project and a cache in folders that only root may enter${long}`, async () => {
    const closed = temporaryFolder()
    chmodSync(closed, 0o700)
    const cache = join(closed, 'cache')
    const context = testContext()
    const owner = await startOwner({
      kind: '18',
      runsFolder: context.runsFolder,
      cacheFolder: cache,
      folder: closed,
      environment: {
        HOME: closed,
        TMPDIR: closed,
        npm_config_cache: process.env.npm_config_cache ?? join(homedir(), '.npm'),
      },
    })
    expect(owner.error).toBeUndefined()
    const [row] = await query(owner, 'SHOW data_directory')
    expect(existsSync(String(row?.data_directory))).toBe(true)
    await owner.kill('SIGTERM')
  })

  test.skipIf(long)(`Redis-likes and Postgres run for an ordinary user, from nothing${long}`, async () => {
    const home = temporaryFolder()
    chownSync(home, nobody, nobody)
    const own = (name: string) => {
      const folder = join(home, name)
      mkdirSync(folder)
      chownSync(folder, nobody, nobody)
      return folder
    }
    const owner = await startOwner({
      kind: '17',
      runsFolder: join(own('state'), 'runs'),
      cacheFolder: own('cache'),
      folder: home,
      uid: nobody,
      environment: { HOME: home, npm_config_cache: own('npm'), npm_config_userconfig: join(home, '.npmrc') },
    })
    expect(owner.error).toBeUndefined()
    expect(owner.warnings).toEqual([])
    expect(await query(owner, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await owner.kill('SIGTERM')
  })

  test('a cache that may only be read is enough where the engine is in it; otherwise the error names it', async () => {
    const cache = temporaryFolder()
    const home = temporaryFolder()
    chownSync(home, nobody, nobody)
    const asNobody = {
      kind: 'valkey',
      runsFolder: join(home, 'runs'),
      cacheFolder: cache,
      folder: home,
      uid: nobody,
      environment: { HOME: home },
    }
    const refused = await startOwner(asNobody)
    expect(refused.code).toBe('ISOLANE_CACHE_NOT_WRITABLE')
    await installEngine(valkeyEngine(), testContext(cache))
    const owner = await startOwner(asNobody)
    expect(owner.error).toBeUndefined()
    await owner.kill('SIGTERM')
  })

  test('Postgres does not run as root', async () => {
    await using instance = await createNativeRuntime(testContext()).start(postgresSpec('17'), {
      signal: new AbortController().signal,
    })
    expect(statSync(`/proc/${instance.pid}`).uid).not.toBe(0)
  })

  test.skipIf(long)(`a full disk is said to be one, for an engine from npm and for one from pip${long}`, async () => {
    const full = temporaryFolder()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'isolane-test', full])
    try {
      for (const spec of [postgresSpec('17'), redisSpec(valkeyEngine())]) {
        const start = createNativeRuntime(testContext(full)).start(spec, { signal: new AbortController().signal })
        await expect(start).rejects.toMatchObject({ code: 'ISOLANE_DISK_FULL' })
      }
    } finally {
      execFileSync('umount', [full])
    }
  })
})
