import { cpSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { InstanceSpec } from '../../src/core/contracts.ts'
import { createNativeRuntime, installEngine } from '../../src/runtimes/native/index.ts'
import { command, query, removeFolders, temporaryFolder, testContext } from './helpers.ts'
import { postgresSpec, redisSpec, valkeyEngine } from './specs.ts'

afterAll(removeFolders)

const signal = new AbortController().signal
const hour = 60 * 60 * 1000

test('old states are pruned when one is added; those in recent use stay', async () => {
  const context = testContext(await cacheWithEngine())
  await using instance = await createNativeRuntime(context).start(redisSpec(valkeyEngine()), { signal })
  await command(instance, 'SAVE')
  const saved = join(context.cacheFolder, 'saved')
  for (let count = 1; count <= 12; count += 1) await instance.save?.(`state ${count}`)
  expect(readdirSync(saved)).toHaveLength(12)
  for (const name of readdirSync(saved)) age(join(saved, name, 'saved.json'), hour)
  await using user = await createNativeRuntime(context).start(redisSpec(valkeyEngine()), { signal, from: 'state 1' })
  await instance.save?.('one more')
  expect(readdirSync(saved)).toHaveLength(10)
  await using again = await createNativeRuntime(context).start(redisSpec(valkeyEngine()), { signal, from: 'state 1' })
  expect([user.startedFrom, again.startedFrom]).toEqual(['state 1', 'state 1'])
})

test('a state that its server refuses is thrown away, and the start goes on without it', async () => {
  const context = testContext(await cacheWithEngine())
  const runtime = createNativeRuntime(context)
  await using first = await runtime.start(redisSpec(valkeyEngine()), { signal })
  await command(first, 'SET', 'what', 'state')
  await command(first, 'SAVE')
  await first.save?.('damaged')
  const [name] = readdirSync(join(context.cacheFolder, 'saved'))
  const file = join(context.cacheFolder, 'saved', name ?? '', 'state', 'dump.rdb')
  writeFileSync(file, `REDIS9999${readFileSync(file, 'latin1').slice(9)}`, 'latin1')
  await using second = await runtime.start(readyOnceLoaded(redisSpec(valkeyEngine())), { signal, from: 'damaged' })
  expect(second.startedFrom).toBeUndefined()
  expect(await command(second, 'GET', 'what')).toBeNull()
  expect(context.events.filter(({ kind }) => kind === 'warning')).toHaveLength(1)
  expect(readdirSync(join(context.cacheFolder, 'saved'))).toEqual([])
})

test('each start has its own password, also from a saved state', async () => {
  const runtime = createNativeRuntime(testContext())
  await using first = await runtime.start(postgresSpec('17'), { signal })
  const key = `passwords ${Date.now()}`
  await first.save?.(key)
  await using second = await runtime.start(postgresSpec('17'), { signal, from: key })
  expect(second.startedFrom).toBe(key)
  expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  const stale = { endpoint: { ...second.endpoint, credentials: first.endpoint.credentials } }
  await expect(query(stale, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
})

test('dispose during a save leaves nothing running', async () => {
  const context = testContext()
  const instance = await createNativeRuntime(context).start(postgresSpec('17'), { signal })
  const saving = instance.save?.(`interrupted ${Date.now()}`)
  await instance[Symbol.asyncDispose]()
  await saving
  await expect(query(instance, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  context.run.end()
  expect(readdirSync(context.runsFolder)).toEqual([])
})

/** The port accepts a moment before the server looks at its file. */
function readyOnceLoaded(spec: InstanceSpec): InstanceSpec {
  const { native } = spec
  return native ? { ...spec, native: { ...native, ready: { line: 'Ready to accept connections' } } } : spec
}

/** A cache whose saved states are this test's alone. */
async function cacheWithEngine(): Promise<string> {
  const cache = temporaryFolder()
  const { folder } = await installEngine(valkeyEngine(), testContext())
  cpSync(folder, join(cache, 'engines', basename(folder)), { recursive: true })
  return cache
}

function age(file: string, milliseconds: number): void {
  const then = new Date(Date.now() - milliseconds)
  utimesSync(file, then, then)
}
