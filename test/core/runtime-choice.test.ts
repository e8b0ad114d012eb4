import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { StackConfig } from '../../src/core/config.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import type { InstanceSpec, Runtime } from '../../src/core/contracts.ts'
import { IsolaneError } from '../../src/core/errors.ts'
import { silent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'
import { RuntimeSet, type Runtimes } from '../../src/core/runtime-choice.ts'
import { postgres, redis } from '../../src/index.ts'

const spec: InstanceSpec = {
  service: 'cache',
  kind: 'redis',
  credentials: { username: 'a', password: 'a-secret' },
  ports: {},
}
const signal = new AbortController().signal

function refusal(code: 'ISOLANE_IMAGE_UNAVAILABLE' | 'ISOLANE_DISK_FULL', message: string): () => Promise<never> {
  return async () => {
    throw new IsolaneError({ code, message, remedy: 'none' })
  }
}

/** Runtimes in this process, which start nothing and say what they are told to say. */
function setOf(parts: Readonly<Record<string, Partial<Runtime> & { auto?: boolean }>>) {
  const made: string[] = []
  const makers: Runtimes = Object.fromEntries(
    Object.entries(parts).map(([name, { auto = true, ...part }]) => [
      name,
      {
        auto,
        create: async () => {
          made.push(name)
          const start = refusal('ISOLANE_DISK_FULL', 'nothing starts here')
          const probe = async () => ({ ok: true as const })
          return { name, probe, provide: async () => {}, start, sweep: async () => [], ...part }
        },
      },
    ]),
  )
  const run = new Run(mkdtempSync(join(tmpdir(), 'isolane-runs-')), 'test')
  return { made, set: new RuntimeSet(makers, { run, cacheFolder: tmpdir(), report: silent }) }
}

const dead = async () => ({ ok: false as const, reason: 'nobody answers', remedy: 'start it' })

describe('what is kept may be on', () => {
  test('the runtime that it is on, which must work', async () => {
    const { set } = setOf({ boat: { probe: dead }, plane: { auto: false }, feet: {} })
    await expect(set.keepers('boat')).rejects.toMatchObject({ code: 'ISOLANE_RUNTIME_UNSUPPORTED' })
    const { working, silent } = await set.keepers('plane')
    expect([working.map(({ name }) => name), silent]).toEqual([['plane', 'feet'], ['boat']])
  })

  test('all of those that work, where none is known', async () => {
    const { set } = setOf({ boat: { probe: dead }, train: {}, plane: { auto: false }, feet: {} })
    const { working, silent } = await set.keepers()
    expect([working.map(({ name }) => name), silent]).toEqual([['train', 'feet'], ['boat']])
  })
})

describe('auto', () => {
  test('takes the first that can, and tells why those before it can not', async () => {
    const { set } = setOf({
      boat: { probe: dead },
      train: { provide: refusal('ISOLANE_IMAGE_UNAVAILABLE', 'there is no ticket') },
      feet: {},
    })
    const { runtime, passed } = await set.choose('auto', spec, signal)
    expect(runtime.name).toBe('feet')
    expect(passed).toEqual(['boat: nobody answers', 'train: there is no ticket'])
  })

  test('leaves out those that are only for who asks', async () => {
    const { set } = setOf({ swim: { auto: false }, feet: {} })
    expect((await set.choose('auto', spec, signal)).runtime.name).toBe('feet')
    expect((await set.choose('swim', spec, signal)).runtime.name).toBe('swim')
  })

  test('what is broken is not passed over', async () => {
    const { set } = setOf({ boat: { provide: refusal('ISOLANE_DISK_FULL', 'no room') }, feet: {} })
    await expect(set.choose('auto', spec, signal)).rejects.toMatchObject({ code: 'ISOLANE_DISK_FULL' })
  })

  test('when none can, the error has every reason', async () => {
    const { set } = setOf({ boat: { probe: dead }, feet: { probe: async () => Promise.reject(new Error('tired')) } })
    await expect(set.choose('auto', spec, signal)).rejects.toThrow(/cache.*boat: .*nobody answers; feet: .*tired/)
  })
})

test('a runtime is made once, and only when it is needed', async () => {
  const { set, made } = setOf({ boat: {}, feet: {} })
  await Promise.all([set.choose('feet', spec, signal), set.choose('feet', spec, signal)])
  expect(made).toEqual(['feet'])
  await expect(set.get('wings')).rejects.toThrow('There is no runtime "wings": set `runtime` (or ISOLANE_RUNTIME)')
})

describe('the config', () => {
  const services = { main: postgres(), cache: redis() }
  const given = { ...redis(), runtime: 'attach' }
  const runtimesOf = (config: StackConfig, environment: NodeJS.ProcessEnv = {}) =>
    resolveConfig(config, '/', environment).runtime

  test('names one runtime for all, or one for each', () => {
    expect(runtimesOf({ services })).toEqual({ main: 'auto', cache: 'auto' })
    expect(runtimesOf({ services, runtime: 'native' })).toEqual({ main: 'native', cache: 'native' })
    expect(runtimesOf({ services, runtime: { cache: 'docker' } })).toEqual({ main: 'auto', cache: 'docker' })
    expect(runtimesOf({ services, runtime: { default: 'native', cache: 'docker' } })).toEqual({
      main: 'native',
      cache: 'docker',
    })
  })

  test('ISOLANE_RUNTIME comes before it, but a server given by its URL stays that server', () => {
    const config = { services: { ...services, given }, runtime: { default: 'docker' } }
    expect(runtimesOf(config, { ISOLANE_RUNTIME: 'native' })).toEqual({
      main: 'native',
      cache: 'native',
      given: 'attach',
    })
  })

  test('what contradicts itself is refused', () => {
    expect(() => runtimesOf({ services, runtime: { cahce: 'docker' } as never })).toThrow(/`runtime` names cahce/)
    expect(() => runtimesOf({ services: { given }, runtime: { given: 'docker' } })).toThrow(
      /runtime of given can't be docker: the service is made for attach/,
    )
  })
})
