import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ContainerSpec } from '../../src/core/contracts.ts'
import { blueprintOf, fingerprintOf } from '../../src/runtimes/docker/blueprint.ts'
import { cacheSpec } from './docker-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'isolane-blueprint-'))
const source = join(folder, 'source')

/** Everything that a container can be made from. */
const usual: ContainerSpec = {
  image: 'redis:7',
  ports: { redis: 6379 },
  published: { redis: 0 },
  environment: { NAME: 'value' },
  entrypoint: ['redis-server'],
  command: ['--save', ''],
  user: '999:999',
  files: { '/etc/text': { text: 'one' }, '/etc/source': { source } },
  data: ['/data'],
  ready: { port: 'redis' },
  memory: 2 ** 28,
  sharedMemory: 2 ** 26,
}

interface Changes {
  readonly container?: Partial<ContainerSpec>
  readonly id?: string
  readonly keep?: string
  readonly publishOn?: string
  readonly port?: number
  readonly inSource?: string
}

function fingerprint({ inSource = 'one', ...changes }: Changes): Promise<string> {
  writeFileSync(source, inSource)
  const { container, id = 'sha256:1', keep = 'cache', publishOn = '127.0.0.1', port = 0 } = changes
  const spec = cacheSpec({}, { redis: port })
  const image = { name: 'redis:7', id, user: '' }
  return fingerprintOf(blueprintOf({ spec, container: { ...usual, ...container }, image, publishOn, keep }))
}

describe('the fingerprint by which a container that stays is known again', () => {
  afterAll(() => rmSync(folder, { recursive: true }))

  test('is the same for the same', async () => {
    expect(await fingerprint({})).toBe(await fingerprint({}))
    // How its start is awaited makes no other container.
    expect(await fingerprint({ container: { ready: { line: 'Ready' }, startTimeout: 1 } })).toBe(await fingerprint({}))
  })

  test.each<[string, Changes]>([
    ['image of the same name', { id: 'sha256:2' }],
    ['environment', { container: { environment: { NAME: 'another' } } }],
    ['entrypoint', { container: { entrypoint: ['redis-server', '--port'] } }],
    ['command', { container: { command: ['--save', '60 1'] } }],
    ['user', { container: { user: '1000' } }],
    ['data folder', { container: { data: ['/data', '/more'] } }],
    ['volume', { keep: 'another' }],
    ['memory', { container: { memory: 2 ** 29 } }],
    ['size of its /dev/shm', { container: { sharedMemory: 2 ** 27 } }],
    ['port inside', { container: { ports: { redis: 6380 } } }],
    ['port asked for', { port: 7000 }],
    ['other port asked for', { container: { ports: { redis: 6379, more: 1 }, published: { more: 7001 } } }],
    ['address to publish on', { publishOn: '0.0.0.0' }],
    ['text in a file', { container: { files: { '/etc/text': { text: 'two' }, '/etc/source': { source } } } }],
    [
      'mode of a file',
      { container: { files: { '/etc/text': { text: 'one', mode: 0o644 }, '/etc/source': { source } } } },
    ],
    ['content of a file of ours', { inSource: 'two' }],
  ])('is another one with another %s', async (_, changes) => {
    expect(await fingerprint(changes)).not.toBe(await fingerprint({}))
  })

  test('data that are not kept lie in memory, one folder as the other', () => {
    const parts = { spec: cacheSpec(), image: { name: 'redis:7', id: '', user: '' }, publishOn: '127.0.0.1' }
    const container = { ...usual, data: ['/data', '/logs'] }
    const { HostConfig } = blueprintOf({ ...parts, container, keep: undefined }).options
    expect(HostConfig).toMatchObject({ Tmpfs: { '/data': '', '/logs': '' } })
    expect(HostConfig).not.toHaveProperty('Mounts')
  })
})
