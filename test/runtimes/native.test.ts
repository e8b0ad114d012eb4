import { afterAll } from 'vitest'
import { runtimeContract } from '../../src/contract-tests/runtime.ts'
import type { InstanceSpec } from '../../src/core/contracts.ts'
import { createNativeRuntime } from '../../src/runtimes/native/index.ts'
import { command, query, removeFolders, startOwner, testContext } from './helpers.ts'
import { postgresSpec, redisEngine, redisSpec, valkeyEngine } from './specs.ts'

afterAll(removeFolders)

const postgresState = {
  write: async (instance: Parameters<typeof query>[0]) => {
    await query(instance, "CREATE TABLE kept AS SELECT 'state' AS what")
    return [{ what: 'state' }]
  },
  read: (instance: Parameters<typeof query>[0]) => query(instance, 'SELECT what FROM kept'),
}

const redisState = {
  write: async (instance: Parameters<typeof command>[0]) => {
    await command(instance, 'SET', 'what', 'state')
    await command(instance, 'SAVE')
    return 'state'
  },
  read: (instance: Parameters<typeof command>[0]) => command(instance, 'GET', 'what'),
}

for (const version of ['15', '17', '18']) {
  runtimeContract(`native, Postgres ${version}`, async () => {
    const context = testContext()
    return {
      runtime: createNativeRuntime(context),
      spec: () => postgresSpec(version),
      failing: {
        spec: withArguments(postgresSpec(version), ['-c', 'no_such_setting=1']),
        output: /unrecognized configuration parameter "no_such_setting"/,
      },
      kill: (instance) => process.kill(instance.pid ?? Number.NaN, 'SIGKILL'),
      state: postgresState,
      program: { command: { program: 'postgres', arguments: ['--version'] }, output: /^postgres \(PostgreSQL\) \d/ },
      startElsewhere: () => elsewhere(version, context.runsFolder),
    }
  })
}

for (const [kind, engine] of [
  ['valkey', valkeyEngine()],
  ['redis', redisEngine()],
] as const) {
  runtimeContract(`native, ${kind} ${engine.version}`, async () => {
    const context = testContext()
    return {
      runtime: createNativeRuntime(context),
      spec: () => redisSpec(engine),
      failing: {
        spec: withArguments(redisSpec(engine), ['--no-such-setting', '1']),
        output: /no-such-setting/,
      },
      kill: (instance) => process.kill(instance.pid ?? Number.NaN, 'SIGKILL'),
      state: redisState,
      program: { command: { program: `${kind}-server`, arguments: ['--version'] }, output: /server v=\d/ },
      startElsewhere: () => elsewhere(kind, context.runsFolder),
    }
  })
}

async function elsewhere(kind: string, runsFolder: string) {
  const owner = await startOwner({ kind, runsFolder })
  return { endpoint: owner.endpoint, killOwner: () => owner.kill('SIGKILL') }
}

function withArguments(spec: InstanceSpec, more: readonly string[]): InstanceSpec {
  const { native } = spec
  if (!native) throw new TypeError('the spec has no native part')
  const serve = { ...native.serve, arguments: [...native.serve.arguments, ...more] }
  return { ...spec, native: { ...native, serve } }
}
