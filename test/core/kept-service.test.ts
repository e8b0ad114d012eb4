import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resolveConfig } from '../../src/core/config-check.ts'
import { EnvironmentRecord } from '../../src/core/environment-record.ts'
import { findKept, forgetKept, keptService } from '../../src/core/kept-service.ts'
import { silent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'
import { RuntimeSet } from '../../src/core/runtime-choice.ts'
import { redis } from '../../src/index.ts'
import { createNativeRuntime } from '../../src/runtimes/native/index.ts'

/** A stack that is not up, whose `cache` has data in the state folder, and a runtime that works or not. */
async function keeping() {
  const stateFolder = mkdtempSync(join(tmpdir(), 'isolane-kept-'))
  const config = (stack: object) => resolveConfig({ services: { cache: redis() }, ...stack }, stateFolder)
  const own = config({ environments: { dev: {} } })
  const { name } = await keptService(stateFolder, own, 'cache')
  const data = join(stateFolder, 'data', name, 'data')
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'appendonly.aof'), 'all')
  const run = new Run(join(stateFolder, 'runs'), stateFolder)
  const set = (harbourWorks: boolean) =>
    new RuntimeSet(
      {
        native: { auto: true, create: async (context) => createNativeRuntime(context) },
        harbour: {
          auto: true,
          create: async (context) => ({
            ...createNativeRuntime(context),
            name: 'harbour',
            probe: async () =>
              harbourWorks ? { ok: true } : { ok: false, reason: 'nobody answers', remedy: 'start it' },
            ...(harbourWorks ? {} : { forget: () => Promise.reject(new Error('nobody answers')) }),
          }),
        },
      },
      { run, cacheFolder: tmpdir(), report: silent },
    )
  const forget = async (harbourWorks: boolean, now = own) =>
    forgetKept(stateFolder, now, await findKept(stateFolder, now, set(harbourWorks)))
  const left = () =>
    ['kept', 'environments'].flatMap((folder) =>
      existsSync(join(stateFolder, folder))
        ? readdirSync(join(stateFolder, folder)).filter((each) => each.endsWith('.json'))
        : [],
    )
  return { stateFolder, config, own, data, run, forget, left }
}

test('while the runtime that has the environments’ data does not answer, nothing is removed, whatever the config asks for now', async () => {
  const { stateFolder, config, own, data, run, forget, left } = await keeping()
  const record = await EnvironmentRecord.open(stateFolder, own)
  await record.claim('cache', { kind: 'redis', version: '8', runtime: 'harbour' })
  await record.made('cache')
  const files = left()
  expect(files).toHaveLength(2)
  const others = [own, config({ runtime: 'native' }), config({ services: { other: redis() } })]
  for (const now of others) {
    await expect(forget(false, now)).rejects.toMatchObject({
      code: 'ISOLANE_RUNTIME_UNSUPPORTED',
      reason: 'The runtime harbour does not work here: nobody answers',
    })
  }
  expect(left()).toEqual(files)
  expect(existsSync(data)).toBe(true)
  // The service has left the config since.
  expect(await forget(true, others[2])).toMatchObject([{ removed: true }])
  expect([left(), existsSync(data)]).toEqual([[], false])
  run.end()
})

test('without environments, the credentials stay while a runtime that may have data does not answer', async () => {
  const { data, run, forget, left } = await keeping()
  const files = left()
  expect(files).toHaveLength(1)
  expect(await forget(false)).toMatchObject([{ removed: true }])
  expect([left(), existsSync(data)]).toEqual([files, false])
  expect(await forget(true)).toMatchObject([])
  expect(left()).toEqual([])
  run.end()
})
