import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts'
import { enginePlaces } from '../../src/runtimes/docker/places.ts'
import { lackingForDocker } from '../docker.ts'
import { cacheSpec, containersWith, inspected, startOwner } from './docker-fixture.ts'
import { command, removeFolders, temporaryFolder, testContext } from './helpers.ts'

const lacking = await lackingForDocker('redis:7')
const socket = '/var/run/docker.sock'

afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(removeFolders)

describe('without an engine', () => {
  const occupied = join(temporaryFolder(), 'docker.sock')
  writeFileSync(occupied, '')
  const nowhere = join(temporaryFolder(), 'docker.sock')

  test.each([
    [`unix://${nowhere}`, `no container engine answers: there is no unix://${nowhere} (DOCKER_HOST)`, /install Docker/],
    [
      `unix://${occupied}`,
      `no container engine answers: nobody listens at unix://${occupied} (DOCKER_HOST)`,
      /start the Docker daemon/,
    ],
    [
      'tcp://127.0.0.1:1',
      'no container engine answers: nobody listens at tcp://127.0.0.1:1 (DOCKER_HOST)',
      /start the Docker daemon/,
    ],
    [
      'ssh://somebody@example.invalid',
      "no container engine answers: ssh://somebody@example.invalid (DOCKER_HOST) is an address that testcontainers can't use",
      /DOCKER_HOST/,
    ],
  ])('%s: the probe says why, and what to do', async (address, reason, remedy) => {
    vi.stubEnv('DOCKER_HOST', address)
    const runtime = createDockerRuntime(testContext())
    expect(await runtime.probe()).toEqual({ ok: false, reason, remedy: expect.stringMatching(remedy) })
    const start = runtime.start(cacheSpec(), { signal: new AbortController().signal })
    await expect(start).rejects.toMatchObject({ code: 'ISOLANE_RUNTIME_UNSUPPORTED' })
    expect(await runtime.sweep()).toEqual([])
  })

  test('what a dead run has on record is told as left, and stays on record', async () => {
    const context = testContext()
    const record = { kind: 'container', runtime: 'docker', what: 'container isolane-lost', name: 'isolane-lost' }
    await deadRun(context.runsFolder, record)
    vi.stubEnv('DOCKER_HOST', `unix://${nowhere}`)
    const runtime = createDockerRuntime(context)
    const left = { kind: 'container', what: 'container isolane-lost', removed: false }
    expect(await runtime.sweep()).toMatchObject([left])
    expect(await runtime.sweep()).toMatchObject([left])
  })

  test.skipIf(process.getuid?.() !== 0)(
    'a socket that the user may not use is told as that (needs root, to be another)',
    async () => {
      const folder = temporaryFolder()
      const server = createServer().listen({ path: join(folder, 'docker.sock') })
      const script = `import { findEngine } from '${join(import.meta.dirname, '../../src/runtimes/docker/engine.ts')}'
      console.log(JSON.stringify(await findEngine()))`
      const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', script], {
        uid: 65534,
        gid: 65534,
        env: { DOCKER_HOST: `unix://${folder}/docker.sock`, HOME: folder },
      })
      server.close()
      expect(JSON.parse(stdout)).toMatchObject({
        closed: {
          reason: expect.stringContaining('(DOCKER_HOST) (permission denied)'),
          remedy: expect.stringContaining('group'),
        },
      })
    },
  )
})

describe.skipIf(lacking)(`an engine by other ways${lacking}`, () => {
  let server: Server
  let connections = 0

  beforeEach(async () => {
    connections = 0
    server = createServer((incoming) => {
      connections += 1
      const outgoing = connect(socket)
      incoming.pipe(outgoing).pipe(incoming)
      for (const side of [incoming, outgoing]) side.on('error', () => {})
    })
    server.listen(0)
    await new Promise((resolve) => server.once('listening', resolve))
  })
  afterEach(() => {
    server.close()
  })

  const external = Object.values(networkInterfaces())
    .flat()
    .find((each) => each && !each.internal && each.family === 'IPv4')?.address

  test.skipIf(!external)(
    'DOCKER_HOST on another machine (needs a network): ports are published for us there',
    async () => {
      const { port } = server.address() as AddressInfo
      const context = testContext()
      const address = { DOCKER_HOST: `tcp://${external}:${port}` }
      const owner = await startOwner(context.runsFolder, cacheSpec(), {}, address)
      expect(owner.endpoint.host).toBe(external)
      expect(await inspected(owner.name, '.HostConfig.PortBindings')).toMatchObject({
        '6379/tcp': [{ HostIp: '0.0.0.0' }],
      })
      expect(await command(owner, 'PING')).toBe('PONG')
      expect(connections).toBeGreaterThan(0)
      await owner.killOwner()
      // It is the same engine by another address, so its records are understood.
      expect(await createDockerRuntime(context).sweep()).toMatchObject([{ removed: true }])
      expect(await containersWith(`io.github.isolane.service=cache`)).not.toContain(owner.name)
    },
  )

  test('the context of the docker program leads there, where DOCKER_HOST does not', async () => {
    const { port } = server.address() as AddressInfo
    const DOCKER_CONFIG = contextFolder('faraway', `tcp://127.0.0.1:${port}`)
    expect(enginePlaces({ DOCKER_CONFIG })).toMatchObject([
      { address: `tcp://127.0.0.1:${port}`, source: 'the Docker context faraway' },
    ])
    expect(enginePlaces({ DOCKER_CONFIG, DOCKER_HOST: 'tcp://there:1' })).toMatchObject([{ address: 'tcp://there:1' }])
    expect(enginePlaces({ DOCKER_CONFIG, DOCKER_CONTEXT: 'default' })).not.toMatchObject([{ source: /faraway/ }])
    const context = testContext()
    const owner = await startOwner(context.runsFolder, cacheSpec(), {}, { DOCKER_CONFIG })
    expect(connections).toBeGreaterThan(0)
    expect(await command(owner, 'PING')).toBe('PONG')
    await owner.killOwner()
    expect(await createDockerRuntime(context).sweep()).toMatchObject([{ removed: true }])
  })
})

/** What `docker context create` and `docker context use` write. */
function contextFolder(name: string, host: string): string {
  const folder = temporaryFolder()
  const meta = join(folder, 'contexts', 'meta', createHash('sha256').update(name).digest('hex'))
  mkdirSync(meta, { recursive: true })
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ currentContext: name }))
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }))
  return folder
}

async function deadRun(runsFolder: string, resource: { kind: string; what: string }): Promise<void> {
  const script = `import { Run } from '${join(import.meta.dirname, '../../src/core/run.ts')}'
    new Run(${JSON.stringify(runsFolder)}, 'test').register(${JSON.stringify(resource)})`
  await execa(process.execPath, ['--input-type=module', '--eval', script])
}
