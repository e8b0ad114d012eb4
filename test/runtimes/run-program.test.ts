import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { Instance, InstanceSpec } from '../../src/core/contracts.ts'
import { readRuns } from '../../src/core/run.ts'
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts'
import { createNativeRuntime } from '../../src/runtimes/native/index.ts'
import { lackingForDocker } from '../docker.ts'
import { long } from '../long.ts'
import { cacheSpec } from './docker-fixture.ts'
import { removeFolders, temporaryFolder, testContext } from './helpers.ts'
import { programTests } from './programs.ts'

const { signal } = new AbortController()
const credentials = { username: 'me', password: 'not-to-be-seen' }
const started: Instance[] = []

afterEach(() => Promise.all(started.splice(0).map((instance) => instance[Symbol.asyncDispose]())))
afterAll(removeFolders)

describe('a program beside a native server', () => {
  const context = testContext()
  const runtime = createNativeRuntime(context)
  const start = async (spec = sleepingSpec()): Promise<Instance> => {
    const instance = await runtime.start(spec, { signal })
    started.push(instance)
    return instance
  }
  programTests(start, ({ endpoint }) => endpoint.ports.main ?? 0)

  test('is on record while it runs, so that a sweep ends what a killed process left', async () => {
    const instance = await start()
    const programs = () =>
      readRuns(context.runsFolder)
        .flatMap(({ resources }) => resources.map(({ resource }) => resource.what))
        .filter((what) => what.startsWith('sleeper: sh'))
    let during: string[] = []
    const output = async () => {
      during = programs()
    }
    await instance.run?.({ program: 'sh', arguments: ['-c', 'echo'], output })
    expect(during).toHaveLength(1)
    expect(programs()).toEqual([])
  })

  test.skipIf(process.getuid?.() !== 0)('runs as the user of a server that refuses root', async () => {
    const instance = await start(sleepingSpec(true))
    let user = ''
    const output = async (piece: Uint8Array) => {
      user += Buffer.from(piece).toString()
    }
    await instance.run?.({ program: 'sh', arguments: ['-c', 'id -u; touch here'], output })
    expect(Number(user)).toBeGreaterThan(0)
  })
})

const lacking = await lackingForDocker('redis:7')
describe.skipIf(long || lacking)(`a program in a container${lacking}${long}`, () => {
  const runtime = createDockerRuntime(testContext())
  const spec = () => cacheSpec({ ports: { main: 6379 }, ready: { port: 'main' } }, { main: 0 } as never)
  programTests(
    async () => {
      const instance = await runtime.start(spec(), { signal })
      started.push(instance)
      return instance
    },
    () => 6379,
  )
})

/** A "server" that only sleeps, with a shell beside it. */
function sleepingSpec(refusesRoot = false): InstanceSpec {
  const folder = join(temporaryFolder(), 'bin')
  mkdirSync(folder)
  symlinkSync('/bin/sh', join(folder, 'sh'))
  const program = join(folder, 'sleeper')
  writeFileSync(program, '#!/bin/sh\n[ "$1" = --version ] && echo sleeper 1.0 || { echo ready; exec sleep 1000; }\n')
  chmodSync(program, 0o755)
  return {
    service: 'sleeper',
    kind: 'sleeper',
    credentials,
    ports: { main: 0 },
    native: {
      engine: {
        name: 'sleeper',
        version: '1',
        find: {
          programs: ['sleeper'],
          versionArguments: ['--version'],
          versionPattern: 'sleeper (\\S+)',
          folders: [folder],
        },
        packages: [],
      },
      serve: { program: 'sleeper', arguments: [] },
      ready: { line: 'ready' },
      stopSignal: 'SIGTERM',
      refusesRoot,
    },
  }
}
