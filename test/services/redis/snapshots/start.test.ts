import { describe, expect, test } from 'vitest'
import type { SavedStart } from '../../../../src/core/contracts.ts'
import { long } from '../../../long.ts'
import { attach, startStranger } from '../attach-fixture.ts'
import { connect, laneId, type OpenOptions, open, prepareFrom } from '../fixture.ts'
import { readCommon, writeLargeKeys } from './common-values.ts'
import { type Saved, save, supportOf } from './fixture.ts'
import { writeHardKeys } from './hard-keys.ts'

const one = laneId(1)
const seed = async () => {
  throw new Error('the seed is not run')
}

function from({ state, summary }: Saved): SavedStart {
  return { files: state, saved: summary }
}

async function begin(version: string, saved: Saved, settings: OpenOptions = {}) {
  return open({ version, seed }, { ...settings, start: from(saved) })
}

/** A lane's saved keys, of which one goes in an hour and one is gone by now. */
async function saveSome(version: string): Promise<Saved> {
  await using opened = await open({ version })
  using client = connect(await opened.session.createLane(one))
  await client.mset('stays', '1', 'passes', '2', 'gone', '3')
  await client.expire('passes', 3_600)
  await client.pexpire('gone', 30)
  const saved = await save(opened.session, one)
  await expect.poll(() => client.exists('gone'), { interval: 3 }).toBe(0)
  return saved
}

describe('lanes that begin with a saved one', () => {
  test('have what it had, but for what has expired, after each reset, and nothing of the seed', async () => {
    const saved = await saveSome('valkey@9')
    for (const settings of [{}, { maximumLanes: 1 }]) {
      await using opened = await begin('valkey@9', saved, settings)
      expect(opened.reports).toContainEqual(
        expect.objectContaining({ kind: 'info', text: expect.stringMatching(/^the template: 1 key was left out/) }),
      )
      using client = connect(await opened.session.createLane(one))
      for (const _again of [1, 2]) {
        expect(await client.mget('stays', 'passes', 'gone')).toEqual(['1', '2', null])
        expect(await client.ttl('passes')).toBeGreaterThan(3_000)
        await (settings.maximumLanes ? client.flushall() : client.flushdb())
        await client.set('other', '1')
        await opened.session.resetLane(one, { connections: 'keep' })
      }
      expect((await client.keys('*')).sort()).toEqual(['passes', 'stays'])
    }
  })

  test.skipIf(long)(`in a server of others, also when somebody empties it${long}`, async () => {
    const saved = await saveSome('6.2')
    await using stranger = await startStranger({ version: '7' })
    await stranger.owner.set('theirs', '1')
    const before = await stranger.contents()
    {
      await using opened = await attach({ url: stranger.url, databases: { from: 8, to: 12 } })
      await prepareFrom(opened.session, { fingerprint: 'f'.repeat(64), cacheable: false }, from(saved))
      using client = connect(await opened.session.createLane(one))
      expect(await client.dbsize()).toBe(2)
      await stranger.owner.flushall()
      await stranger.owner.set('theirs', '1')
      await opened.session.resetLane(one, { connections: 'keep' })
      expect(await client.mget('stays', 'passes')).toEqual(['1', '2'])
    }
    expect(await stranger.contents()).toEqual(before)
  })

  test.skipIf(long)(`go from Redis 6.2 by way of 7 to Valkey 9, value by value${long}`, async () => {
    let saved: Saved
    let common: unknown
    {
      await using oldest = await open({ version: '6.2' })
      using client = connect(await oldest.session.createLane(one))
      await writeHardKeys(client)
      await writeLargeKeys(client)
      common = await readCommon(client)
      saved = await save(oldest.session, one)
      expect(saved.summary).toMatchObject({ version: expect.stringMatching(/^6\.2/), details: { rdb: '9' } })
    }
    for (const [version, rdb] of [
      ['7', '10'],
      ['valkey@9', '80'],
    ] as const) {
      await using opened = await begin(version, saved)
      using client = connect(await opened.session.createLane(one))
      const { counts, digests } = saved.summary
      expect(await readCommon(client)).toEqual(common)
      expect(await supportOf(opened.session).describe(one)).toMatchObject({ counts, digests, details: { rdb } })
      expect(await client.pttl('expires')).toBeGreaterThan(4_102_444_800_000 - Date.now() - 600_000)
      saved = await save(opened.session, one)
      expect(await client.pfcount('counted')).toBeGreaterThan(4_800)
      // What is used in its new place stays what it is: pending entries are claimed, groups read on.
      await client.call('XAUTOCLAIM', 'huge stream', 'workers', 'late', '0', '0', 'COUNT', '5')
      const next = await client.xreadgroup('GROUP', 'ahead', 'reader', 'COUNT', 1, 'STREAMS', 'huge stream', '>')
      expect(next).toEqual([['huge stream', [['5001-1', expect.anything()]]]])
      await client.sadd('integers', 'no integer')
      await client.flushdb()
      await opened.session.resetLane(one, { connections: 'keep' })
      expect(await readCommon(client)).toEqual(common)
      expect(await client.xinfo('GROUPS', 'huge stream')).toHaveLength(2)
    }
    // Not back, and not to where its format is unknown.
    const refused = { code: 'ISOLANE_SNAPSHOT_REFUSED' }
    await expect(begin('7', saved)).rejects.toMatchObject(refused)
    await expect(begin('6.2', saved)).rejects.toMatchObject(refused)
    const { summary, state } = saved
    const redisAlone = { summary: { ...summary, details: { server: 'redis', rdb: '12' } }, state }
    await expect(begin('valkey@9', redisAlone)).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/RDB version 12, which is Redis's alone/),
    })
  })
})
