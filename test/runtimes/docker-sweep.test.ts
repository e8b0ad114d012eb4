import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts'
import { lackingForDocker } from '../docker.ts'
import { cacheSpec, containersWith, docker, inspected, nameOf, startOwner } from './docker-fixture.ts'
import { command, removeFolders, testContext } from './helpers.ts'

const lacking = await lackingForDocker('redis:7')

describe.skipIf(lacking)(`sweeping Docker${lacking}`, () => {
  const { signal } = new AbortController()
  const strangers: string[] = []

  afterEach(async () => {
    if (strangers.length > 0) await docker('rm', '--force', '--volumes', ...strangers.splice(0))
  })
  afterAll(removeFolders)

  /** A container that we did not make, with the labels given. */
  async function stranger(labels: Readonly<Record<string, string>>): Promise<string> {
    const name = `isolane-stranger-${randomBytes(4).toString('hex')}`
    strangers.push(name)
    const words = Object.entries(labels).flatMap(([label, value]) => ['--label', `io.github.isolane.${label}=${value}`])
    await docker('create', '--name', name, ...words, 'redis:7')
    return name
  }

  test('sweeps side by side remove what a killed run left: no container, volume or network stays', async () => {
    const context = testContext()
    // Without our tmpfs the image's own VOLUME gives it an anonymous one.
    const owner = await startOwner(context.runsFolder, cacheSpec({ data: [] }))
    const mounts = (await inspected(owner.name, '.Mounts')) as { Name: string }[]
    expect(mounts).toHaveLength(1)
    expect(Object.keys((await inspected(owner.name, '.NetworkSettings.Networks')) as object)).toEqual(['bridge'])
    await owner.killOwner()
    const sweeps = await Promise.all([1, 2, 3].map(() => createDockerRuntime(context).sweep()))
    expect(sweeps.flat().every(({ removed }) => removed)).toBe(true)
    expect(sweeps.flat()).toContainEqual(expect.objectContaining({ what: expect.stringContaining(owner.name) }))
    expect(await docker('ps', '--all', '--quiet', '--filter', `name=${owner.name}`)).toBe('')
    expect(await docker('volume', 'ls', '--quiet', '--filter', `name=${mounts[0]?.Name}`)).toBe('')
  })

  test('a container that is on no record any more is known by its labels', async () => {
    const context = testContext()
    const owner = await startOwner(context.runsFolder, cacheSpec())
    await owner.killOwner()
    rmSync(context.runsFolder, { recursive: true })
    const again = testContext()
    // Another state folder is another installation; the same one, made anew, is not.
    expect(await createDockerRuntime(again).sweep()).toEqual([])
    const { Run } = await import('../../src/core/run.ts')
    const run = new Run(context.runsFolder, 'test')
    expect(await createDockerRuntime({ ...context, run }).sweep()).toMatchObject([{ removed: true }])
  })

  test('leaves living runs, strangers and other machines alone until their time is up', async () => {
    const context = testContext()
    const runtime = createDockerRuntime(context)
    const living = await runtime.start(cacheSpec(), { signal })
    const elsewhere = {
      installation: '0123456789abcdef',
      run: 'ffffffffffff',
      owner: JSON.stringify({ pid: 1, startedAt: 'long ago' }),
      'time-to-live': '60',
    }
    const now = new Date()
    const recent = await stranger({ ...elsewhere, 'created-at': now.toISOString() })
    const expired = await stranger({ ...elsewhere, 'created-at': new Date(now.getTime() - 61_000).toISOString() })
    const endless = await stranger({ ...elsewhere, 'created-at': '2020-01-01T00:00:00Z', 'time-to-live': 'none' })
    const foreign = await stranger({})
    const swept = await runtime.sweep({ kept: true })
    expect(swept.filter(({ what }) => what.includes('isolane-stranger'))).toMatchObject([
      { what: expect.stringContaining(expired), removed: true },
    ])
    const names = (await docker('ps', '--all', '--format', '{{.Names}}')).split('\n')
    expect(names).toEqual(expect.arrayContaining([recent, endless, foreign, nameOf(living)]))
    expect(names).not.toContain(expired)
    expect(await command(living, 'PING')).toBe('PONG')
    await living[Symbol.asyncDispose]()
    strangers.splice(strangers.indexOf(expired), 1)
  })

  test('a container that has ended already goes too', async () => {
    const context = testContext()
    const owner = await startOwner(context.runsFolder, cacheSpec())
    await docker('stop', '--time', '0', owner.name)
    await owner.killOwner()
    expect(await createDockerRuntime(context).sweep()).toMatchObject([{ removed: true }])
    expect(await containersWith('io.github.isolane.service=cache')).not.toContain(owner.name)
  })
})
