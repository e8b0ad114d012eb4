import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RedisLane } from '../../../src/services/redis/index.ts'
import { attach, startStranger } from './attach-fixture.ts'
import { connect, laneId } from './fixture.ts'

const databases = { from: 8, to: 11 }

async function seed({ lane }: { lane: RedisLane }): Promise<void> {
  using client = connect(lane)
  await client.set('seeded', '1')
}

test.each(['valkey@9', '6.2'])(
  '%s: after a restart without its data, a reset makes the lane whole again',
  async (version) => {
    const first = await startStranger({ version })
    await using opened = await attach({ url: first.url, databases, seed })
    const lane = await opened.session.createLane(laneId(1))
    await first[Symbol.asyncDispose]()
    await expect(opened.session.resetLane(laneId(1), { connections: 'close' })).rejects.toMatchObject({
      code: 'ISOLANE_SERVER_UNREACHABLE',
    })

    await using second = await startStranger({ version, port: first.port })
    const before = await second.contents()
    await expect
      .poll(() => opened.session.resetLane(laneId(1), { connections: 'close' }).then(() => 'reset'))
      .toBe('reset')
    using client = connect(lane)
    expect(await client.keys('*')).toEqual(['seeded'])
    await client.set('written', '1')
    await opened[Symbol.asyncDispose]()
    expect(await second.contents()).toEqual(before)
  },
)

test('a server that went away for good does not keep the session from closing', async () => {
  const stranger = await startStranger({ version: 'valkey@9' })
  const opened = await attach({ url: stranger.url, databases })
  await opened.session.createLane(laneId(1))
  await stranger[Symbol.asyncDispose]()
  await expect(opened.session[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'ISOLANE_SERVER_UNREACHABLE' })
})

test('a cluster is refused, and so is a replica', async () => {
  await using cluster = await startStranger({ version: '6.2', configuration: ['cluster-enabled yes'] })
  await expect(attach({ url: cluster.url, databases })).rejects.toMatchObject({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: expect.stringContaining('cluster mode'),
  })
  await using replica = await startStranger({ version: 'valkey@9', configuration: ['replicaof 127.0.0.1 1'] })
  await expect(attach({ url: replica.url, databases })).rejects.toMatchObject({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: expect.stringContaining('replica'),
  })
})

test('a user without rights in the granted numbers is refused with what the server says', async () => {
  await using stranger = await startStranger({ version: 'valkey@9' })
  await stranger.owner.call('ACL', 'SETUSER', 'reader', 'on', '>reader', '~*', '+@read', '+info', '+select')
  const url = `redis://reader:reader@127.0.0.1:${stranger.port}`
  await expect(attach({ url, databases })).rejects.toMatchObject({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: expect.stringMatching(/NOPERM.*EVAL/is),
  })
})

test('a server without passwords is used as it is', async () => {
  await using stranger = await startStranger({ version: 'valkey@9' })
  await stranger.owner.call('ACL', 'SETUSER', 'default', 'on', 'nopass', '~*', '&*', '+@all', '-acl')
  await using opened = await attach({ url: `redis://127.0.0.1:${stranger.port}`, databases, seed })
  const lane = await opened.session.createLane(laneId(1))
  expect(lane).toMatchObject({ username: '', password: '', url: `redis://127.0.0.1:${stranger.port}/${lane.database}` })
  using client = connect(lane)
  expect(await client.keys('*')).toEqual(['seeded'])
})

test('a seed of many keys is copied whole', async () => {
  await using stranger = await startStranger({ version: '6.2' })
  await using opened = await attach({
    url: stranger.url,
    databases,
    seed: async ({ lane }) => {
      using client = connect(lane)
      await client.eval(`for i = 1, 2500 do redis.call('set', 'seed:' .. i, i) end`, 0)
    },
  })
  using client = connect(await opened.session.createLane(laneId(1)))
  expect(await client.dbsize()).toBe(2500)
})

/** Node makes no certificates. */
const certifier = 'openssl'
const certifies = spawnSync(certifier, ['version']).status === 0

describe.skipIf(!certifies)('over TLS (needs openssl)', () => {
  let folder: string
  const trusted = getCACertificates('default')

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'isolane-tls-'))
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')]
    const kind = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2']
    execFileSync(certifier, ['req', ...kind, ...subject, ...files], { stdio: 'ignore' })
  })
  afterAll(() => {
    setDefaultCACertificates(trusted)
    rmSync(folder, { recursive: true, force: true })
  })

  test('an unknown certificate is refused, a known one carries lanes too', async () => {
    const certificate = join(folder, 'certificate.pem')
    const configuration = [
      `tls-port {port.tls}`,
      `tls-cert-file '${certificate}'`,
      `tls-key-file '${join(folder, 'key.pem')}'`,
      `tls-ca-cert-file '${certificate}'`,
      'tls-auth-clients no',
    ]
    await using stranger = await startStranger({ version: '6.2', configuration })
    const port = await stranger.owner.config('GET', 'tls-port')
    const url = stranger.url.replace('redis:', 'rediss:').replace(/\d+$/, String((port as string[])[1]))
    await expect(attach({ url, databases })).rejects.toMatchObject({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: expect.stringContaining('self-signed certificate'),
    })

    setDefaultCACertificates([...trusted, readFileSync(certificate, 'utf8')])
    await using opened = await attach({ url, databases, seed })
    const lane = await opened.session.createLane(laneId(1))
    expect(lane.url).toMatch(/^rediss:/)
    const client = new Redis(lane.url)
    expect(await client.keys('*')).toEqual(['seeded'])
    client.disconnect()
  })
})
