import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { cacheFolder } from '../../../src/core/folders.ts'
import { connect, laneId, open } from './fixture.ts'

/** A cache of its own, with the engines of the real one. */
function freshCache(): string {
  const folder = mkdtempSync(join(tmpdir(), 'isolane-redis-cache-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(join(cacheFolder(), 'engines'), join(folder, 'engines'))
  return folder
}

test.each(['valkey@9', '6.2'])(
  'on %s a seed with known inputs runs once, and later servers start with it',
  async (version) => {
    // Provides the engine into the real cache.
    await (await open({ version }))[Symbol.asyncDispose]()
    const cache = freshCache()
    const inputs = mkdtempSync(join(tmpdir(), 'isolane-redis-seed-'))
    onTestFinished(() => rmSync(inputs, { recursive: true, force: true }))
    const input = join(inputs, 'data.json')
    writeFileSync(input, '1')
    let runs = 0
    const seed = {
      run: async ({ lane }: { lane: Parameters<typeof connect>[0] }) => {
        runs += 1
        using client = connect(lane)
        await client.set('seeded', '1')
        await client.set('session', '1', 'EX', 100)
      },
      inputs: [input],
    }
    const seededBy = async () => {
      await using opened = await open({ version, seed }, { cacheFolder: cache })
      using client = connect(await opened.session.createLane(laneId(1)))
      expect(await client.mget('seeded', 'session')).toEqual(['1', '1'])
      expect(await client.ttl('session')).toBeGreaterThan(95)
      return { startedFrom: opened.instance.startedFrom, fingerprint: opened.template.fingerprint }
    }

    expect((await seededBy()).startedFrom).toBeUndefined()
    const second = await seededBy()
    expect(second.startedFrom).toBe(second.fingerprint)
    expect(runs).toBe(1)

    writeFileSync(input, '2')
    await seededBy()
    expect(runs).toBe(2)
  },
)

test('a template that is there already is not made again', async () => {
  let runs = 0
  await using opened = await open({
    seed: () => {
      runs += 1
    },
  })
  await opened.session.prepare(opened.template)
  expect(runs).toBe(1)
  await opened.session.prepare({ fingerprint: 'f'.repeat(64), cacheable: false })
  expect(runs).toBe(2)
})

test('a seed that throws is one clear error, and what it wrote reaches no lane', async () => {
  let works = false
  const seed = async ({ lane }: { lane: Parameters<typeof connect>[0] }) => {
    using client = connect(lane)
    if (works) return
    await client.set('half', '1')
    throw new Error('no such country')
  }
  const failure = await open({ seed }).catch((error: Error) => error)
  expect(failure).toMatchObject({ code: 'ISOLANE_SEED_FAILED', message: expect.stringContaining('no such country') })

  works = true
  await using opened = await open({ seed })
  works = false
  const again = { fingerprint: 'a'.repeat(64), cacheable: false }
  await expect(opened.session.prepare(again)).rejects.toMatchObject({ code: 'ISOLANE_SEED_FAILED' })
  await expect(opened.session.createLane(laneId(1))).rejects.toMatchObject({ code: 'ISOLANE_TEMPLATE_FAILED' })
  works = true
  await opened.session.prepare(again)
  using client = connect(await opened.session.createLane(laneId(1)))
  expect(await client.dbsize()).toBe(0)
})

test('a command seeds with the variables that tests see', async () => {
  const program = `import { Redis } from ${JSON.stringify(import.meta.resolve('ioredis'))}
    const { REDIS_HOST: host, REDIS_PORT: port, REDIS_DB: db, REDIS_USERNAME: username, REDIS_PASSWORD: password } = process.env
    const client = new Redis({ host, port, db, username, password })
    await client.set('from', 'command')
    client.disconnect()`
  const file = join(mkdtempSync(join(tmpdir(), 'isolane-redis-seed-')), 'seed.mjs')
  onTestFinished(() => rmSync(join(file, '..'), { recursive: true, force: true }))
  writeFileSync(file, program)
  await using opened = await open({ seed: { command: `node ${JSON.stringify(file)}` } })
  using client = connect(await opened.session.createLane(laneId(1)))
  expect(await client.get('from')).toBe('command')
})

test('errors hold no password', async () => {
  const failure = await open({
    seed: async ({ lane }) => {
      using client = connect(lane)
      await client.call('CONFIG', 'SET', 'maxmemory', '1')
    },
  }).catch((error: Error) => error)
  expect(failure).toMatchObject({ code: 'ISOLANE_SEED_FAILED' })

  const opened = await open({})
  const lane = await opened.session.createLane(laneId(1))
  await opened[Symbol.asyncDispose]()
  const gone = (await opened.session.resetLane(laneId(1), { connections: 'close' }).catch((error) => error)) as Error
  expect(gone).toMatchObject({ code: 'ISOLANE_SERVER_UNREACHABLE' })
  const { inspect } = await import('node:util')
  expect(inspect(gone, { depth: 10 })).not.toContain('an-administrators-secret')
  expect(inspect(gone, { depth: 10 })).not.toContain(lane.password)
})
