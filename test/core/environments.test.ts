import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { StackConfig } from '../../src/core/config.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import type { EnvironmentId, EnvironmentSession, LaneEndpoint } from '../../src/core/contracts.ts'
import { EnvironmentRecord } from '../../src/core/environment-record.ts'
import { Environments } from '../../src/core/environments.ts'
import { IsolaneError } from '../../src/core/errors.ts'
import { nowhereEnvironment } from '../../src/core/lane-environment.ts'
import { silent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'
import { RuntimeSet } from '../../src/core/runtime-choice.ts'
import type { EnvironmentHost } from '../../src/core/service-host.ts'
import { sweepDeadRuns } from '../../src/core/sweep.ts'
import { MemoryHost } from './memory-host.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
const temporary = () => {
  const folder = mkdtempSync(join(tmpdir(), 'isolane-environments-'))
  folders.push(folder)
  return folder
}

/** Environments as sets in this process. */
class MemoryEnvironments extends MemoryHost implements EnvironmentHost {
  away: Error | undefined
  refused: Error | undefined
  opened: string[] = []

  async environmentSession(): Promise<EnvironmentSession> {
    if (this.away) throw this.away
    return {
      open: async (id) => {
        this.opened.push(id.name)
        if (!this.lanes.has(id.number)) await this.createLane(id)
        return this.#endpoint(id)
      },
      update: async (id) => {
        if (this.refused) throw this.refused
        return this.#endpoint(id)
      },
      facts: async ({ number }) => ({ bytes: this.lanes.get(number)?.size ?? 0, connections: 1 }),
      limits: async () => [{ what: 'connections', used: 1, limit: 2, remedy: 'raise it' }],
      rotate: async (id) => ({ ...this.#endpoint(id), password: 'another' }),
    }
  }

  #endpoint({ label }: EnvironmentId): LaneEndpoint {
    return { url: `memory://${label}`, version: '1' }
  }
}

const service = {
  kind: 'memory',
  env: ({ url }: LaneEndpoint) => ({ MEMORY_URL: url }),
  nowhere: { url: '', version: '' },
}
const configOf = (environments: NonNullable<StackConfig['environments']>, root = '/project', more = {}) =>
  resolveConfig(
    { name: 'tta', services: { memory: { service, options: {} } as never }, environments, ...more },
    root,
    {},
  )

const id = (name: string, index: number, isProtected = false): EnvironmentId => ({
  name,
  index,
  number: index + 1,
  label: `tta-${name}`,
  protected: isProtected,
})

let host: MemoryEnvironments
let environments: Environments
const told: string[] = []

beforeEach(async () => {
  host = new MemoryEnvironments()
  told.length = 0
  environments = await Environments.open({
    config: configOf({ dev: {}, test: { lanes: true }, staging: { protected: true }, production: {} }),
    ids: [id('dev', 0), id('test', 1), id('staging', 2, true), id('production', 3, true)],
    hosts: [host],
    report: ({ text }) => told.push(text),
  })
})

test('each has its slice, and variables that name it', async () => {
  const { env, endpoints } = await environments.look('staging')
  expect(env).toEqual({ ENVIRONMENT: 'staging', CONTAINER_PREFIX: 'tta-staging', MEMORY_URL: 'memory://tta-staging' })
  expect(endpoints.memory?.url).toBe('memory://tta-staging')
  await expect(environments.look('stagin')).rejects.toThrow(/no environment "stagin"; did you mean "staging"/)
})

test('test lanes name no environment', () => {
  const env = nowhereEnvironment(configOf({ dev: {} }))
  expect(env).toMatchObject({ ENVIRONMENT: 'test', CONTAINER_PREFIX: 'tta-lane-0' })
  expect(nowhereEnvironment(configOf({}))).not.toHaveProperty('CONTAINER_PREFIX')
})

test('what killed processes have half written is swept', async () => {
  const state = temporary()
  const partials = ['environments', 'kept'].map((folder) => join(state, folder, 'tta.json.99999999.partial'))
  for (const partial of partials) {
    mkdirSync(dirname(partial))
    writeFileSync(partial, '{')
  }
  const runtimes = new RuntimeSet({}, { run: new Run(join(state, 'runs'), state), cacheFolder: state, report: silent })
  await sweepDeadRuns(state, runtimes, { dry: true })
  expect(partials.map((partial) => existsSync(partial))).toEqual([true, true])
  await sweepDeadRuns(state, runtimes)
  expect(partials.map((partial) => existsSync(partial))).toEqual([false, false])
})

test('a wipe empties one and no other', async () => {
  for (const items of host.lanes.values()) items.add('kept')
  await environments.wipe('dev', undefined)
  expect([...host.lanes.values()].map(({ size }) => size)).toEqual([0, 1, 1, 1])
})

test('what is protected is replaced only where it was just saved, whatever is said, and production never', async () => {
  const protectedError = { code: 'ISOLANE_ENVIRONMENT_PROTECTED' }
  await expect(environments.wipe('staging', 'no such')).rejects.toMatchObject(protectedError)
  await expect(environments.loadState('staging', '/nowhere', {})).rejects.toMatchObject(protectedError)
  await environments.saveState('staging', temporary())
  await environments.wipe('staging', 'before')
  expect(host.resets).toEqual([{ number: 3, connections: 'close' }])
  await expect(environments.wipe('production', 'before')).rejects.toThrow(/destroys nothing in production/)
  await expect(environments.loadState('production', '/nowhere', {})).rejects.toThrow(/destroys nothing in production/)
})

test('a wipe that fails says how to bring it back', async () => {
  await environments.saveState('staging', temporary())
  host.failNextReset = true
  await expect(environments.wipe('staging', 'before')).rejects.toThrow(/in part only.*`isolane undo staging`/)
})

test('when a server is started again its slices are opened there; until then nobody gets half of one', async () => {
  host.away = new Error('starting')
  environments.reopen('memory')
  await expect(environments.look('dev')).rejects.toThrow(/dev can't be had of memory/)
  expect(told).toContain("dev can't be opened again: starting")
  expect((await environments.status())[0]?.problems).toEqual({ memory: 'starting' })
  host.away = undefined
  environments.reopen('memory')
  await environments.look('dev')
  expect((await environments.status())[0]?.problems).toEqual({})
})

test('what can not be applied leaves an environment as it is, and is told until it can', async () => {
  host.refused = new IsolaneError({
    code: 'ISOLANE_ENVIRONMENT_CHANGED',
    message: 'The migration 1.sql was edited',
    remedy: 'restore it',
  })
  await environments.wipe('dev', undefined)
  expect((await environments.look('dev')).endpoints.memory?.url).toBe('memory://tta-dev')
  expect((await environments.status())[0]?.outdated).toEqual({ memory: 'The migration 1.sql was edited: restore it' })
  host.refused = undefined
  await environments.wipe('dev', undefined)
  expect((await environments.status())[0]?.outdated).toEqual({})
})

test('tells sizes, connections and limits where they are asked for', async () => {
  const [dev] = await environments.status({ facts: true })
  expect(dev).toMatchObject({ name: 'dev', label: 'tta-dev', protected: false, lanes: false })
  expect(dev?.facts?.memory).toMatchObject({ bytes: 0, connections: 1 })
  expect(await environments.limits()).toEqual({
    memory: [{ what: 'connections', used: 1, limit: 2, remedy: 'raise it' }],
  })
})

test('new passwords are those of the next look', async () => {
  expect(await environments.rotate('dev')).toEqual({ dev: ['memory'] })
  expect((await environments.look('dev')).endpoints.memory).toMatchObject({ password: 'another' })
  expect((await environments.look('test')).endpoints.memory).not.toHaveProperty('password')
})

test('an environment keeps its place whatever the config does with its order', async () => {
  const state = temporary()
  const root = temporary()
  const places = async (...names: string[]) => {
    const record = await EnvironmentRecord.open(
      state,
      configOf(Object.fromEntries(names.map((name) => [name, {}])), root),
    )
    const ids = await record.ids()
    return { places: Object.fromEntries(ids.map(({ name, index }) => [name, index])), forgotten: record.forgotten }
  }
  expect(await places('dev', 'test')).toEqual({ places: { dev: 0, test: 1 }, forgotten: [] })
  expect(await places('staging', 'test')).toEqual({ places: { staging: 2, test: 1 }, forgotten: ['dev'] })
  expect(await places('test', 'staging', 'dev')).toEqual({ places: { dev: 0, test: 1, staging: 2 }, forgotten: [] })
})

test('data are never passed by because the config has changed', async () => {
  const record = await EnvironmentRecord.open(temporary(), configOf({ dev: {} }, temporary()))
  const data = { kind: 'postgres', version: 'PostgreSQL 17', runtime: 'native' }
  // Services come side by side. What was never made is nobody's.
  await Promise.all(['db', 'cache', 'graph'].map((name) => record.claim(name, { ...data, version: 'to come' })))
  await Promise.all(['db', 'cache', 'graph'].map((name) => record.claim(name, data)))
  await Promise.all(['db', 'cache', 'graph'].map((name) => record.made(name)))
  expect(record.runtimes).toEqual({ db: 'native', cache: 'native', graph: 'native' })
  await record.claim('db', data)
  for (const changed of [{ version: 'PostgreSQL 18' }, { runtime: 'docker' }, { kind: 'redis' }]) {
    await expect(record.claim('db', { ...data, ...changed })).rejects.toMatchObject({
      code: 'ISOLANE_ENVIRONMENT_CHANGED',
    })
  }
})

test('a password comes from where the config says, or the start is refused', async () => {
  const [state, root] = [temporary(), temporary()]
  const passwordOf = async (password: object) => {
    const config = configOf({ staging: { password: password as never } }, root)
    return (await (await EnvironmentRecord.open(state, config)).ids())[0]?.password
  }
  expect(await passwordOf({ command: [process.execPath, '-p', '"from a vault"'] })).toBe('from a vault')
  await expect(passwordOf({ command: [process.execPath, '-e', ''] })).rejects.toThrow(/staging: .* printed nothing/)
  await expect(passwordOf({ variable: 'ISOLANE_NO_SUCH_VARIABLE' })).rejects.toThrow(/is not set/)
})

test.each([
  [{ Dev: {} }, /names of environments/],
  [{ 'lane-1': {} }, /lanes are called so/],
  [{ 'dev-app': {}, dev: {} }, /can't be called dev-app beside dev/],
  [{ a: { lanes: true }, b: { lanes: true } }, /a and b both have `lanes`/],
  [{ a: { lanes: true, protected: true } }, /protected and has `lanes`/],
  [{ production: { lanes: true } }, /production is protected/],
])('a config with environments %j is refused', (given, message) => {
  expect(() => configOf(given)).toThrow(message)
})
