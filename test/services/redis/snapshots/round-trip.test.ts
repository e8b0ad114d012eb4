import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StateFolderReader, StateFolderWriter } from '../../../../src/core/state-files.ts'
import type { RedisLane } from '../../../../src/services/redis/index.ts'
import { long, longMatrix } from '../../../long.ts'
import { connect, laneId, type Opened, open } from '../fixture.ts'
import { load, save, supportOf, temporaryFolder } from './fixture.ts'
import { readAll, writeFieldExpiries, writeHardKeys } from './hard-keys.ts'

const one = laneId(1)

for (const { value: version, why } of longMatrix(['valkey@9', '6.2'])) {
  describe.skipIf(why)(`a lane on ${version}${why}`, () => {
    let opened: Opened
    let lane: RedisLane

    beforeAll(async () => {
      opened = await open({
        version,
        seed: async ({ lane: template }) => {
          using client = connect(template)
          await client.set('seeded', '1')
        },
      })
      lane = await opened.session.createLane(one)
    })
    afterAll(() => opened?.[Symbol.asyncDispose]())

    test('comes back from disk with every value, and its reset gives the template again', async () => {
      using folder = temporaryFolder()
      using client = connect(lane)
      await writeHardKeys(client)
      if (version !== '6.2') await writeFieldExpiries(client)
      const before = await readAll(client)
      expect(Object.keys(before).length).toBeGreaterThan(20)
      const writer = new StateFolderWriter(folder.path)
      const support = supportOf(opened.session)
      const saved = await support.save(one, writer)
      const written = writer.files.find(({ name }) => name === 'keys.zst')?.contentBytes ?? 0
      expect(await support.size(one)).toBeGreaterThanOrEqual(written)

      await client.flushdb()
      await client.set('other', '1')
      const other = await readAll(client)
      const reader = new StateFolderReader(folder.path, writer.files)
      const loaded = await support.load(one, reader, saved)
      expect(await readAll(client)).toEqual(other)
      await loaded.swap()
      expect(await readAll(client)).toEqual(before)
      await loaded.swapBack()
      await loaded.swapBack()
      expect(await readAll(client)).toEqual(other)
      await loaded.swap()
      await loaded.swap()
      await loaded[Symbol.asyncDispose]()

      expect(await readAll(client)).toEqual(before)
      expect(await support.describe(one)).toMatchObject({ counts: saved.counts, digests: saved.digests })
      await opened.session.resetLane(one, { connections: 'keep' })
      expect(await client.keys('*')).toEqual(['seeded'])
    })

    test('comes back from a mark, as often as one likes', async () => {
      using client = connect(lane)
      await writeHardKeys(client)
      const before = await readAll(client)
      await using mark = await supportOf(opened.session).mark(one)
      for (const key of ['', 'list', 'stream']) {
        await client.del(key)
        await client.set('added', '1')
        await mark.restore()
        expect(await readAll(client)).toEqual(before)
      }
      await client.flushdb()
      await using empty = await supportOf(opened.session).mark(one)
      await client.set('added', '1')
      await empty.restore()
      expect(await client.dbsize()).toBe(0)
    })

    test('is loaded without what would have expired since', async () => {
      using client = connect(lane)
      await client.flushdb()
      await client.mset('stays', '1', 'goes', '1')
      await client.pexpire('goes', 50)
      if (version !== '6.2') {
        await client.hset('fields', { one: '1' })
        await client.call('HPEXPIRE', 'fields', 50, 'FIELDS', 1, 'one')
      }
      const saved = await save(opened.session, one)
      const mark = await supportOf(opened.session).mark(one)
      expect(saved.summary.details.expiring).toBe(version === '6.2' ? '1' : '2')
      await expect.poll(() => client.exists('goes', 'fields'), { interval: 5 }).toBe(0)
      await load(opened.session, one, saved)
      expect(await client.keys('*')).toEqual(['stays'])
      const gone = version === '6.2' ? '1 key was' : '2 keys were'
      expect(opened.reports).toContainEqual({
        kind: 'info',
        subject: 'cache',
        text: `lane-1: ${gone} left out, as the time to live has passed since they were saved`,
      })
      await mark.restore()
      expect(await client.keys('*')).toEqual(['stays'])
    })

    test('says what has changed, by type', async () => {
      using client = connect(lane)
      await client.flushdb()
      await client.hset('hash', { a: '1', b: '2' })
      await client.rpush('list', 'a', 'bc')
      await client.set('text', '1')
      const first = await supportOf(opened.session).describe(one)
      expect(first.counts).toEqual({ hash: 1, list: 1, string: 1 })
      await client.del('hash')
      await client.hset('hash', { b: '2', a: '1' })
      await client.pexpire('text', 100_000)
      expect((await supportOf(opened.session).describe(one)).digests).toEqual(first.digests)
      await client.del('list')
      await client.rpush('list', 'ab', 'c')
      const second = await supportOf(opened.session).describe(one)
      expect(second.digests.list).not.toBe(first.digests.list)
      expect(second.digests.hash).toBe(first.digests.hash)
    })

    test('saves a larger lane as it was at one moment, while its holder goes on writing', async () => {
      using client = connect(lane)
      await client.flushdb()
      await client.eval(`for i = 1, 6000 do redis.call('set', 'key:' .. i, '0') end`, 0)
      let writing = true
      const all = Array.from({ length: 6_000 }, (_, index) => `key:${index + 1}`)
      const write = async () => {
        for (let round = 1; writing; round++) await client.mset(all.flatMap((key) => [key, String(round)]))
      }
      const holder = write()
      const saved = await save(opened.session, one)
      writing = false
      await holder
      expect(saved.summary.details.moment).toBe('all keys are of one moment')
      await load(opened.session, one, saved)
      expect(await client.dbsize()).toBe(6_000)
      expect(new Set(await client.mget(all)).size).toBe(1)
    })

    test.skipIf(long)(`brings back 100,000 keys${long}`, async () => {
      using client = connect(lane)
      await client.flushdb()
      await client.eval(`for i = 1, 100000 do redis.call('set', 'key:' .. i, 'value ' .. i) end`, 0)
      const saved = await save(opened.session, one)
      expect(saved.summary.counts).toEqual({ string: 100_000 })
      await using mark = await supportOf(opened.session).mark(one)
      await client.flushdb()
      await load(opened.session, one, saved)
      expect((await supportOf(opened.session).describe(one)).digests).toEqual(saved.summary.digests)
      await client.set('key:1', 'changed')
      await mark.restore()
      expect((await supportOf(opened.session).describe(one)).digests).toEqual(saved.summary.digests)
    })
  })
}
