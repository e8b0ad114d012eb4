import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { InstanceSpec, Runtime } from '../../src/core/contracts.ts'
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts'
import { lackingForDocker } from '../docker.ts'
import { long } from '../long.ts'
import { cacheSpec, containersWith, docker, inspected, nameOf, startOwner } from './docker-fixture.ts'
import { command, removeFolders, testContext } from './helpers.ts'

const lacking = await lackingForDocker('redis:7')

describe.skipIf(lacking)(`a stack that stays up in Docker${lacking}`, () => {
  const { signal } = new AbortController()
  const names: string[] = []

  afterEach(async () => {
    for (const keep of names.splice(0)) {
      const containers = await containersWith(`io.github.isolane.kept=${keep}`)
      if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers)
      await docker('volume', 'rm', '--force', `isolane-${keep}-0`)
    }
  })
  afterAll(removeFolders)

  /** A stack that stayed up when its owner was killed, with one thing written to it. */
  async function orphaned(): Promise<{ keep: string; spec: InstanceSpec; name: string; runtime: Runtime }> {
    const keep = `test-cache-${randomBytes(4).toString('hex')}`
    names.push(keep)
    const context = testContext()
    const spec = cacheSpec()
    const { name, endpoint, killOwner } = await startOwner(context.runsFolder, spec, { keep })
    await command({ endpoint }, 'SET', 'what', 'kept')
    await command({ endpoint }, 'SAVE')
    await killOwner()
    return { keep, spec, name, runtime: createDockerRuntime(context) }
  }

  test('what still runs under the name, and is the same in everything, is taken over', async () => {
    const { keep, spec, name, runtime } = await orphaned()
    // Whoever starts a stack sweeps first.
    expect(await runtime.sweep()).toEqual([])
    const second = await runtime.start(spec, { keep, signal })
    expect(nameOf(second)).toBe(name)
    expect(await command(second, 'GET', 'what')).toBe('kept')
    // It has an owner again: not even a thorough sweep touches it.
    expect(await runtime.sweep({ kept: true })).toEqual([])
    const { ended } = second
    await docker('kill', name)
    expect(await ended).toContain('SIGKILL')
    await second[Symbol.asyncDispose]()
    expect(await containersWith(`io.github.isolane.kept=${keep}`)).toEqual([])
  })

  test.skipIf(long)(`what its dead owner ran in it is ended${long}`, async () => {
    const { keep, spec, name, runtime } = await orphaned()
    await docker('exec', '--detach', '--env', 'ISOLANE_PROGRAM=of-the-dead', name, 'sleep', '4711')
    await docker('exec', '--detach', name, 'sleep', '4712')
    const second = await runtime.start(spec, { keep, signal })
    const left = await docker('top', name)
    expect(left).not.toContain('sleep 4711')
    expect(left).toContain('sleep 4712')
    await second[Symbol.asyncDispose]()
  })

  // All that makes a difference is in docker-blueprint.test.ts.
  test('with another password a new one is made on the same data', async () => {
    const { keep, spec, name, runtime } = await orphaned()
    const changed = { ...spec, credentials: { ...spec.credentials, password: 'another' } }
    const second = await runtime.start(changed, { keep, signal })
    expect(nameOf(second)).not.toBe(name)
    expect(await containersWith(`io.github.isolane.kept=${keep}`)).toEqual([nameOf(second)])
    expect(await command(second, 'GET', 'what')).toBe('kept')
    await second[Symbol.asyncDispose]()
  })

  test('a container whose memory was changed since is not taken over', async () => {
    const { keep, spec, name, runtime } = await orphaned()
    await docker('update', '--memory', '512m', '--memory-swap', '1g', name)
    const second = await runtime.start(spec, { keep, signal })
    expect(nameOf(second)).not.toBe(name)
    await second[Symbol.asyncDispose]()
  })

  test('gc removes the container of a dead stack that was to stay up, and leaves its data', async () => {
    const { keep, name, runtime } = await orphaned()
    expect(await runtime.sweep({ kept: true })).toMatchObject([
      { kind: 'container', what: expect.stringContaining(name), removed: true },
    ])
    expect(await containersWith(`io.github.isolane.kept=${keep}`)).toEqual([])
    expect(await inspected(`isolane-${keep}-0`, '.Name')).toBe(`isolane-${keep}-0`)
  })

  test('what is forgotten is gone with its data, and a volume of somebody else stays', async () => {
    const { keep, runtime } = await orphaned()
    const foreign = `isolane-${keep}-foreign`
    await docker('volume', 'create', foreign)
    expect(await inspected(`isolane-${keep}-0`, '.Labels')).toMatchObject({
      'io.github.isolane.project': process.cwd(),
      'io.github.isolane.service': 'cache',
      'io.github.isolane.kept': keep,
    })
    expect(await runtime.forget?.(keep)).toEqual([{ kind: 'volume', what: `volume isolane-${keep}-0`, removed: true }])
    expect(await containersWith(`io.github.isolane.kept=${keep}`)).toEqual([])
    expect(await docker('volume', 'ls', '--quiet', '--filter', `name=isolane-${keep}`)).toBe(foreign)
    expect(await runtime.forget?.(keep)).toEqual([])
    await docker('volume', 'rm', foreign)
  })

  test('data in use by a living process are not given to a second one', async () => {
    const keep = `test-cache-${randomBytes(4).toString('hex')}`
    names.push(keep)
    const context = testContext()
    const spec = cacheSpec()
    const owner = await startOwner(context.runsFolder, spec, { keep })
    const runtime = createDockerRuntime(context)
    await expect(runtime.start(spec, { keep, signal })).rejects.toMatchObject({
      code: 'ISOLANE_START_FAILED',
      reason: `The data kept for cache are in use by the container ${owner.name} of another process`,
    })
    expect(await runtime.forget?.(keep)).toMatchObject([
      { what: `volume isolane-${keep}-0`, removed: false, reason: expect.stringContaining('in use') },
    ])
    expect(await command(owner, 'PING')).toBe('PONG')
    await owner.killOwner()
  })
})
