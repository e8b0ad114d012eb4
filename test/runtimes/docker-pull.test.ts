import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { engineFull } from '../../src/runtimes/docker/errors.ts'
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts'
import { lackingForDocker } from '../docker.ts'
import { cacheSpec, docker, inspected } from './docker-fixture.ts'
import { removeFolders, testContext } from './helpers.ts'
import { SmallRegistry } from './small-registry.ts'

const lacking = await lackingForDocker()

describe.skipIf(lacking)(`pulling an image${lacking}`, () => {
  let registry: SmallRegistry
  const never = new AbortController().signal

  beforeEach(async () => {
    registry = await SmallRegistry.open()
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await registry[Symbol.asyncDispose]()
  })
  afterAll(removeFolders)

  test('is done once for all who ask at the same time, with its progress told, and not again', async () => {
    const context = testContext()
    const runtime = createDockerRuntime(context)
    const spec = cacheSpec({ image: registry.image })
    const providing = [1, 2, 3].map(() => runtime.provide(spec, never))
    await expect.poll(() => registry.layers.begun).toBe(1)
    registry.letGo()
    await Promise.all(providing)
    await runtime.provide(spec, never)
    expect(registry.asked).toBe(1)
    const told = context.events.filter(({ subject }) => subject === 'docker')
    expect(told[0]).toEqual({ kind: 'progress', subject: 'docker', text: `pulling ${registry.image}` })
    expect(told.at(-1)).toEqual({
      kind: 'done',
      subject: 'docker',
      text: `pulled ${registry.image}`,
      duration: expect.any(Number),
    })
    expect(told.slice(1, -1)).toContainEqual(expect.objectContaining({ text: expect.stringMatching(/: \d+ %$/) }))
    expect(await inspected(registry.image, '.Os')).toBe('linux')
    await docker('image', 'rm', registry.image)
  })

  test('goes on while one still waits, and ends when nobody does any more', async () => {
    const runtime = createDockerRuntime(testContext())
    const spec = cacheSpec({ image: registry.image })
    const waiting = [new AbortController(), new AbortController()]
    const providing = waiting.map(({ signal }) => runtime.provide(spec, signal).catch((error: unknown) => error))
    await expect.poll(() => registry.layers.begun).toBe(1)
    waiting[0]?.abort(new Error('enough'))
    expect(await providing[0]).toMatchObject({ code: 'ISOLANE_ABORTED' })
    expect(registry.layers.cutOff).toBe(0)
    waiting[1]?.abort(new Error('enough'))
    expect(await providing[1]).toMatchObject({ code: 'ISOLANE_ABORTED' })
    await expect.poll(() => registry.layers.cutOff).toBe(1)
  })

  test('is from where the prefix of testcontainers says, and the container too', async () => {
    vi.stubEnv('TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX', `${registry.host}/mirror`)
    const runtime = createDockerRuntime(testContext())
    registry.letGo()
    await runtime.provide(cacheSpec({ image: 'small:1' }), never)
    expect(registry.asked).toBe(1)
    // It holds one file and no program, so it is made but can't run.
    const start = runtime.start(cacheSpec({ image: 'small:1', files: {} }), { signal: never })
    await expect(start).rejects.toMatchObject({
      code: 'ISOLANE_START_FAILED',
      reason: expect.stringContaining(`${registry.host}/mirror/small:1`),
    })
    await docker('image', 'rm', `${registry.host}/mirror/small:1`)
  })

  test('is with the login that the user has for the registry; without it, the refusal is told', async () => {
    registry.demandLogin('somebody', 'a-secret')
    registry.letGo()
    const spec = cacheSpec({ image: registry.image })
    const refused = createDockerRuntime(testContext()).provide(spec, never)
    await expect(refused).rejects.toMatchObject({
      code: 'ISOLANE_IMAGE_UNAVAILABLE',
      reason: expect.stringMatching(new RegExp(`^The image ${registry.image} is not on this engine.*(auth|denied)`)),
      remedy: expect.stringContaining('log in to its registry'),
    })
    const auth = Buffer.from('somebody:a-secret').toString('base64')
    const DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { [registry.host]: { auth } } })
    // testcontainers reads it once in a process.
    await execa(process.execPath, [join(import.meta.dirname, 'docker-puller.ts'), registry.image], {
      env: { DOCKER_AUTH_CONFIG },
    })
    expect(await inspected(registry.image, '.Os')).toBe('linux')
    await docker('image', 'rm', registry.image)
  })

  test('onto a full disk is no fault of the image', () => {
    const error = engineFull('unix:///docker.sock', new Error('write /var/lib/docker/tmp/1: no space left on device'))
    expect(error).toMatchObject({
      code: 'ISOLANE_DISK_FULL',
      reason: expect.stringMatching(/^The engine at unix:\/\/\/docker\.sock has no space left/),
      remedy: expect.stringContaining('docker system df'),
    })
    expect(engineFull('unix:///docker.sock', new Error('not found'))).toBeUndefined()
  })
})
