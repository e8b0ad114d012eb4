import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ServiceContext } from '../../../../src/core/contracts.ts'
import { silent } from '../../../../src/core/report.ts'
import { type RedisLane, redisService } from '../../../../src/services/redis/index.ts'
import { long, longMatrix } from '../../../long.ts'
import { type Stranger, startStranger } from '../attach-fixture.ts'
import { connect } from '../fixture.ts'
import { load, MemoryState } from '../snapshots/fixture.ts'
import { readAll, writeHardKeys } from '../snapshots/hard-keys.ts'
import { dev, Home, type OpenedEnvironments } from './fixture.ts'

const foreign = redisService.environments?.foreign ?? (undefined as never)
const { signal } = new AbortController()
const context: ServiceContext = { name: 'cache', root: '/a/project', maximumLanes: 1, report: silent, signal }
let home: Home
let opened: OpenedEnvironments

describe.skipIf(long)(`servers that are not ours${long}`, () => {
  beforeAll(async () => {
    home = new Home()
    opened = await home.open([dev], { version: 'valkey@9' })
  })
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]()
    await home?.[Symbol.asyncDispose]()
  })

  for (const { value: version } of longMatrix(['6.2', '7', 'valkey@9'])) {
    test(`what is on ${version} is the same in an environment, and is only read where it was`, async () => {
      await using stranger = await startStranger({ version })
      using owner = connect({ url: stranger.url } as RedisLane, { db: undefined as never })
      await writeHardKeys(owner)
      await stranger.owner.eval(`redis.call('select', 3) for i = 1, 5000 do redis.call('set', 'key:' .. i, i) end`, 0)
      const confining = version === 'valkey@9' ? ['alldbs'] : []
      const rights = ['~*', '+@read', '+eval', '+select', '+time', '+info', ...confining]
      await stranger.owner.call('ACL', 'SETUSER', 'reader', 'on', '>reads-only', ...rights)
      const before = await stranger.contents()

      await expectSame(`redis://reader:reads-only@127.0.0.1:${stranger.port}`)
      using client = connect(opened.lanes[0] as RedisLane)
      // Of streams versions tell different things.
      if (version === 'valkey@9') expect(await readAll(client)).toEqual(await readAll(owner))
      await expectSame(`${stranger.url}/3`)
      expect(await client.dbsize()).toBe(5_000)
      await expectSame(`${stranger.url}/7`)
      expect(await client.dbsize()).toBe(0)
      expect(await stranger.contents()).toEqual(before)
      await expectRefusals(stranger)
    })
  }

  test('one node of a cluster has not all keys, and what is no URL is said so', async () => {
    await using cluster = await startStranger({ version: '6.2', configuration: ['cluster-enabled yes'] })
    await expect(foreign.describe(cluster.url, context)).rejects.toMatchObject({
      code: 'ISOLANE_SNAPSHOT_FAILED',
      message: expect.stringContaining('one node of a cluster'),
    })
    for (const url of ['postgres://localhost/0', 'redis://localhost/dev', 'redis://localhost/1/2']) {
      await expect(foreign.describe(url, context)).rejects.toMatchObject({ code: 'ISOLANE_OPTION_INVALID' })
    }
  })
})

async function expectSame(url: string): Promise<void> {
  const state = new MemoryState()
  const summary = await foreign.save(url, state, context)
  expect(await foreign.size(url, context)).toBeGreaterThanOrEqual(state.files.get('keys')?.length ?? 0)
  expect((await foreign.describe(url, context)).digests).toEqual(summary.digests)
  await load(opened.session, dev, { state, summary })
  const { counts, digests } = await opened.session.snapshots.describe(dev)
  expect({ counts, digests }).toEqual({ counts: summary.counts, digests: summary.digests })
}

async function expectRefusals({ owner, port }: Stranger): Promise<void> {
  await owner.call('ACL', 'SETUSER', 'weak', 'on', '>weak', '~*', '+@read', '+info')
  await expect(foreign.size(`redis://weak:weak@127.0.0.1:${port}`, context)).rejects.toMatchObject({
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: expect.stringMatching(/can't be read .*NOPERM.*its user needs the rights to/s),
  })
  const wrong = foreign.size(`redis://weak:a-wrong-password@127.0.0.1:${port}`, context)
  await expect(wrong).rejects.toMatchObject({ code: 'ISOLANE_SERVER_UNREACHABLE' })
  await expect(wrong).rejects.not.toThrow(/a-wrong-password/)
  await expect(foreign.size(`redis://127.0.0.1:1`, context)).rejects.toMatchObject({
    code: 'ISOLANE_SERVER_UNREACHABLE',
  })
}
