import { type AddressInfo, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { ContainerSpec, Instance, InstanceSpec } from '../../src/core/contracts.ts'
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts'
import { lackingForDocker } from '../docker.ts'
import { cacheSpec, containersWith, docker, inspected, nameOf } from './docker-fixture.ts'
import { command, removeFolders, testContext } from './helpers.ts'

const lacking = await lackingForDocker('redis:7')

describe.skipIf(lacking)(`starting in Docker${lacking}`, () => {
  const context = testContext()
  const runtime = createDockerRuntime(context)
  const { signal } = new AbortController()
  const started: Instance[] = []

  afterEach(async () => {
    await Promise.all(started.splice(0).map((instance) => instance[Symbol.asyncDispose]()))
    // Whatever became of a start, nothing of it is left.
    expect(await containersWith(`io.github.isolane.run=${context.run.id}`)).toEqual([])
  })
  afterAll(removeFolders)

  async function start(spec: InstanceSpec): Promise<Instance> {
    const instance = await runtime.start(spec, { signal })
    started.push(instance)
    return instance
  }

  async function running(): Promise<string[]> {
    const filter = `label=io.github.isolane.run=${context.run.id}`
    const names = await docker('ps', '--format', '{{.Names}}', '--filter', filter)
    return names.split('\n').filter(Boolean)
  }

  /** A container of the same image that does something else. */
  function shell(script: string, changes: Partial<ContainerSpec> = {}): InstanceSpec {
    return cacheSpec({ entrypoint: ['/bin/sh', '-c', script], command: [], ...changes })
  }

  test('an image that is nowhere is refused with the words of the engine, once for all who asked', async () => {
    const image = 'isolane.invalid/no-such-image:1'
    const providing = [1, 2, 3].map(() => runtime.provide(cacheSpec({ image }), signal))
    const errors = await Promise.all(providing.map((each) => each.catch((error: unknown) => error)))
    expect(new Set(errors).size).toBe(1)
    expect(errors[0]).toMatchObject({
      code: 'ISOLANE_IMAGE_UNAVAILABLE',
      reason: expect.stringMatching(/isolane\.invalid\/no-such-image:1 .*(lookup|dial|no such host|denied)/),
    })
    expect(context.events.filter(({ text }) => text.includes(image))).toHaveLength(1)
  })

  test('a service without a container part is not for this runtime', async () => {
    const { container: _, ...spec } = cacheSpec()
    await expect(runtime.provide(spec, signal)).rejects.toMatchObject({ code: 'ISOLANE_RUNTIME_UNSUPPORTED' })
    await expect(runtime.start(spec, { signal })).rejects.toMatchObject({ code: 'ISOLANE_RUNTIME_UNSUPPORTED' })
  })

  test('a port that a container has is taken by that container, one of a program by a program', async () => {
    const first = await start(cacheSpec())
    const port = first.endpoint.ports.redis ?? 0
    await expect(runtime.start(cacheSpec({}, { redis: port }), { signal })).rejects.toMatchObject({
      code: 'ISOLANE_PORT_TAKEN',
      reason: `Port ${port} for cache is taken by the container ${nameOf(first)} of test`,
    })
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port: programs } = server.address() as AddressInfo
    await expect(runtime.start(cacheSpec({}, { redis: programs }), { signal })).rejects.toMatchObject({
      code: 'ISOLANE_PORT_TAKEN',
      reason: expect.stringMatching(`Port ${programs} for cache is taken by pid ${process.pid} \\(`),
    })
    // One that only the container's own ports name.
    const published = cacheSpec({ published: { redis: programs } }, {} as { redis: number })
    await expect(runtime.start({ ...published, durable: true }, { signal })).rejects.toMatchObject({
      code: 'ISOLANE_PORT_TAKEN',
      reason: expect.stringContaining(`Port ${programs} for cache is taken by pid`),
      remedy: 'end that program, choose another `port` in the config',
    })
    server.close()
  })

  test('a server is asked for by name and password, and its container is as the spec says', async () => {
    const spec = cacheSpec({ memory: 128 * 2 ** 20, sharedMemory: 32 * 2 ** 20, environment: { WHO: '{username}' } })
    const instance = await start(spec)
    const name = nameOf(instance)
    expect(await command(instance, 'PING')).toBe('PONG')
    expect(await inspected(name, '.HostConfig')).toMatchObject({
      Memory: 128 * 2 ** 20,
      ShmSize: 32 * 2 ** 20,
      Tmpfs: { '/data': '' },
      PortBindings: { '6379/tcp': [{ HostIp: '127.0.0.1' }] },
    })
    // Data in memory only: not even an anonymous volume.
    expect(await inspected(name, '.Mounts')).toEqual([])
    expect(await inspected(name, '.Config.Env')).toContain('WHO=default')
    expect(await inspected(name, '.Args')).not.toContain(expect.stringContaining(spec.credentials.password))
    expect(await docker('exec', name, 'stat', '--format', '%a %u', '/etc/cache.conf')).toBe('644 0')
    expect(await inspected(name, '.Config.Labels')).toMatchObject({
      'io.github.isolane.project': 'test',
      'io.github.isolane.run': context.run.id,
      'io.github.isolane.service': 'cache',
      'io.github.isolane.time-to-live': '86400',
    })
  })

  test('files belong to the user who runs the server, also those from our disk and with long paths', async () => {
    const folder = `/opt/${'deep/'.repeat(30)}`
    const spec = cacheSpec({
      user: '999:999',
      files: {
        '/etc/cache.conf': { text: 'requirepass {password}\n' },
        [`${folder}fixture.ts`]: { source: `${import.meta.dirname}/docker-fixture.ts`, mode: 0o400 },
      },
    })
    const name = nameOf(await start(spec))
    expect(await docker('exec', name, 'stat', '--format', '%a %u %g', '/etc/cache.conf')).toBe('600 999 999')
    expect(await docker('exec', name, 'stat', '--format', '%a %u', `${folder}fixture.ts`)).toBe('400 999')
    expect(await docker('exec', name, 'cat', `${folder}fixture.ts`)).toContain('export function cacheSpec')
  })

  test.each<[string, ContainerSpec['ready']]>([
    ['a line', { line: 'Ready to accept connections' }],
    ['a command', { command: ['redis-cli', '-a', '{password}', 'ping'] }],
  ])('is ready when %s says so', async (_, ready) => {
    expect(await command(await start(cacheSpec({ ready })), 'PING')).toBe('PONG')
  })

  test('is ready when an address answers with the status', async () => {
    const server = `use IO::Socket; my $s = IO::Socket::INET->new(LocalPort => 6379, Listen => 5, ReuseAddr => 1);
    my $n = 0; while (my $c = $s->accept) { <$c>; $n++; my $status = $n < 3 ? "503 Wait" : "200 OK";
    print $c "HTTP/1.1 $status\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n"; close $c }`
    const spec = cacheSpec({
      entrypoint: ['perl', '-e', server],
      command: [],
      ready: { http: { port: 'redis', path: '/readyz', status: 200 } },
    })
    const { endpoint } = await start(spec)
    expect((await fetch(`http://127.0.0.1:${endpoint.ports.redis}/`)).status).toBe(200)
  })

  test('a port that never opens is tried in one more container, then told with the last lines of the log', async () => {
    const spec = shell('echo "waiting, my password is $PASSWORD"; exec sleep 600', {
      environment: { PASSWORD: '{password}' },
      startTimeout: 500,
    })
    const error = await runtime.start(spec, { signal }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ISOLANE_START_TIMED_OUT', output: 'waiting, my password is •••' })
    expect(context.events).toContainEqual(
      expect.objectContaining({ kind: 'warning', text: expect.stringContaining('tried once more') }),
    )
  })

  test('no more start at once than the machine can do with; the others wait, or are called off while they do', async () => {
    const most = Math.max(2, availableParallelism())
    const starts = Array.from({ length: most + 2 }, (_, index) => {
      const controller = new AbortController()
      const service = `start-${index}`
      const ended = runtime.start({ ...shell('exec sleep 600'), service }, { signal: controller.signal })
      return {
        service,
        end: () => controller.abort(new Error('enough')),
        ended: ended.catch((error: unknown) => error),
      }
    })
    /** Those that have a container. */
    const begun = async () => {
      const names = await running()
      return starts.filter(({ service }) => names.some((name) => name.includes(`-${service}-`)))
    }
    const calledOff = { code: 'ISOLANE_ABORTED' }
    try {
      await expect.poll(begun).toHaveLength(most)
      const first = await begun()
      const [third, last] = starts.filter((each) => !first.includes(each))
      third?.end()
      expect(await third?.ended).toMatchObject(calledOff)
      expect(await begun()).toEqual(first)
      const before = Date.now()
      first[0]?.end()
      expect(await first[0]?.ended).toMatchObject(calledOff)
      await expect.poll(begun).toContain(last)
      const [name = ''] = (await running()).filter((each) => each.includes(`-${last?.service}-`))
      expect(Date.parse(String(await inspected(name, '.Created')))).toBeGreaterThanOrEqual(before)
    } finally {
      for (const { end } of starts) end()
      await Promise.all(starts.map(({ ended }) => ended))
    }
  })

  test('a server that only its own container can reach is not ready', async () => {
    const spec = cacheSpec({
      command: ['redis-server', '--bind', '127.0.0.1', '--port', '6379'],
      startTimeout: 500,
    })
    await expect(runtime.start(spec, { signal })).rejects.toMatchObject({ code: 'ISOLANE_START_TIMED_OUT' })
  })

  test('a program that is not in the image is a start that failed', async () => {
    const spec = cacheSpec({ entrypoint: ['/no/such/program'], command: [] })
    await expect(runtime.start(spec, { signal })).rejects.toMatchObject({
      code: 'ISOLANE_START_FAILED',
      reason: expect.stringContaining('/no/such/program'),
    })
  })

  test('a server that needs more memory than it has says so when it ends', async () => {
    const greedy = `redis-server --port 6379 --protected-mode no & while [ ! -e /data/go ]; do sleep 0.1; done
    kill $!; exec perl -e '$x = "x" x (1 << 30); sleep 600'`
    const instance = await start(shell(greedy, { memory: 64 * 2 ** 20 }))
    await docker('exec', nameOf(instance), 'touch', '/data/go')
    expect(await instance.ended).toMatch(
      /ran out of memory \(its limit of 64 MiB\) and was killed \(OOM, exit code 137\)/,
    )
  })

  test('a start that is called off while it waits leaves nothing', async () => {
    const controller = new AbortController()
    const begun = runtime.start(shell('exec sleep 600'), { signal: controller.signal })
    begun.catch(() => {})
    await expect.poll(running).toHaveLength(1)
    controller.abort(new Error('enough'))
    await expect(begun).rejects.toMatchObject({ code: 'ISOLANE_ABORTED' })
  })

  test('what a run has started is on its record', async () => {
    const instance = await start(cacheSpec())
    const { readRuns } = await import('../../src/core/run.ts')
    const record = readRuns(dirname(context.run.folder)).find(({ id }) => id === context.run.id)
    expect(record?.resources.map(({ resource }) => resource)).toMatchObject([
      { kind: 'container', runtime: 'docker', name: nameOf(instance) },
    ])
  })
})
