import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { long, longMatrix } from '../../../long.ts'
import { attach, type Stranger, startStranger } from '../attach-fixture.ts'
import { connect, laneId } from '../fixture.ts'
import { load, save, supportOf } from './fixture.ts'
import { readAll, writeHardKeys } from './hard-keys.ts'

const one = laneId(1)

for (const { value: version, why } of longMatrix(['valkey@9', '6.2'])) {
  describe.skipIf(why)(`attached to ${version}${why}`, () => {
    let stranger: Stranger
    let before: unknown

    beforeAll(async () => {
      stranger = await startStranger({ version })
      await stranger.owner.set('theirs', '1')
      for (const database of [7, 16]) {
        await stranger.owner.eval(`redis.call('select', ARGV[1]) redis.call('set', 'theirs', '1')`, 0, database)
      }
      before = await stranger.contents()
    })
    afterAll(() => stranger?.[Symbol.asyncDispose]())

    /** With a user of its own, who lacks a right. */
    const urlWithout = async (right: string) => {
      await stranger.owner.call('ACL', 'SETUSER', 'limited', 'reset', 'on', '>secret', '~*', '&*', '+@all', `-${right}`)
      const url = new URL(stranger.url)
      url.username = 'limited'
      url.password = 'secret'
      return url.href
    }
    const untouched = async () => {
      await stranger.owner.call('ACL', 'DELUSER', 'limited')
      expect(await stranger.contents()).toEqual(before)
    }

    test('a lane comes back by way of a further number, which is given back', async () => {
      {
        await using opened = await attach({ url: stranger.url, databases: { from: 8, to: 10 } })
        using client = connect(await opened.session.createLane(one))
        await writeHardKeys(client)
        const keys = await readAll(client)
        const saved = await save(opened.session, one)
        await using mark = await supportOf(opened.session).mark(one)
        await client.flushdb()
        await load(opened.session, one, saved)
        expect(await readAll(client)).toEqual(keys)
        await client.del('list')
        await mark.restore()
        expect(await readAll(client)).toEqual(keys)
        expect(await opened.session.details()).toMatchObject({
          databases: expect.stringMatching(/^9 for lanes, 8 for/),
        })
        await opened.session.createLane(laneId(2))
      }
      await untouched()
    })

    test('when no number is left it says so, and still saves', async () => {
      {
        await using opened = await attach({ url: stranger.url, databases: { from: 8, to: 9 } })
        using client = connect(await opened.session.createLane(one))
        await client.eval(`for i = 1, 5000 do redis.call('set', 'key:' .. i, i) end`, 0)
        const saved = await save(opened.session, one)
        expect(saved.summary.counts).toEqual({ string: 5_000 })
        expect(saved.summary.details.moment).toMatch(/of a moment of its own.*no DB number was left/)
        await client.set('later', '1')
        await expect(load(opened.session, one, saved)).rejects.toMatchObject({
          code: 'ISOLANE_LANES_EXHAUSTED',
          message: expect.stringMatching(/into lane-1 takes a further DB number.*8–9/),
        })
        expect(await client.dbsize()).toBe(5_001)
      }
      await untouched()
    })

    test('without the right to SWAPDB keys are moved', async () => {
      {
        await using opened = await attach({ url: await urlWithout('swapdb'), databases: { from: 8, to: 11 } })
        using client = connect(await opened.session.createLane(one))
        await writeHardKeys(client)
        const keys = await readAll(client)
        const saved = await save(opened.session, one)
        await client.flushdb()
        await client.set('mine', '1', 'EX', 1_000)
        const mine = await readAll(client)
        await using loaded = await supportOf(opened.session).load(one, saved.state, saved.summary)
        await loaded.swap()
        expect(await readAll(client)).toEqual(keys)
        await loaded.swapBack()
        expect(await readAll(client)).toEqual(mine)
        await loaded.swap()
        expect(await readAll(client)).toEqual(keys)
      }
      await untouched()
    })

    test('without the right to RESTORE there are no snapshots, and the reason', async () => {
      {
        await using opened = await attach({ url: await urlWithout('restore'), databases: { from: 8, to: 11 } })
        expect(opened.session.snapshots).toEqual({ unsupported: expect.stringMatching(/may not use .*RESTORE/) })
      }
      await untouched()
    })

    /** As when our lease ran out and another run ended us: the number is on no record, and empty. */
    const empty = (number: number) =>
      stranger.owner.eval(
        `redis.call('select', 8) redis.call('del', 'isolane:leases') redis.call('select', ARGV[1]) redis.call('flushdb')`,
        0,
        number,
      )
    const lost = { code: 'ISOLANE_LANE_LOST' }

    test('a lane that was emptied without us is not taken for whole, until it is filled again', async () => {
      {
        await using opened = await attach({ url: stranger.url, databases: { from: 8, to: 11 } })
        const lane = await opened.session.createLane(one)
        using client = connect(lane)
        const support = supportOf(opened.session)
        await client.mset('a', '1', 'b', '2')
        await using mark = await support.mark(one)
        await empty(lane.database)
        // The first is told by the record; the others find the number on it again, as the session put it back.
        await expect(save(opened.session, one)).rejects.toMatchObject(lost)
        await opened.session.createLane(laneId(2))
        await expect(save(opened.session, one)).rejects.toMatchObject(lost)
        await expect(support.describe(one)).rejects.toMatchObject(lost)
        await expect(support.mark(one)).rejects.toMatchObject(lost)
        await mark.restore()
        expect((await save(opened.session, one)).summary.counts).toEqual({ string: 2 })
        await empty(lane.database)
        await opened.session.resetLane(one, { connections: 'keep' })
        expect((await save(opened.session, one)).summary.counts).toEqual({})
      }
      await untouched()
    })

    test.skipIf(long)(`a mark of several pages comes back into a lane that had to be leased anew${long}`, async () => {
      {
        await using opened = await attach({ url: stranger.url, databases: { from: 8, to: 11 } })
        const lane = await opened.session.createLane(one)
        using client = connect(lane)
        await client.eval(`for i = 1, 5000 do redis.call('set', 'key:' .. i, i) end`, 0)
        await using mark = await supportOf(opened.session).mark(one)
        await empty(lane.database)
        await mark.restore()
        expect(await client.dbsize()).toBe(5_000)
      }
      await untouched()
    })

    test('a lane that is emptied while it is read is not saved', async () => {
      {
        await using opened = await attach({ url: stranger.url, databases: { from: 8, to: 9 } })
        const lane = await opened.session.createLane(one)
        using client = connect(lane)
        await client.eval(`for i = 1, 9000 do redis.call('set', 'key:' .. i, i) end`, 0)
        const saving = supportOf(opened.session).save(one, {
          async write(_, content) {
            let pieces = 0
            for await (const _piece of content) {
              pieces += 1
              if (pieces !== 2) continue
              await empty(lane.database)
              // Puts the lane's number back on record, as the renewal of the lease would.
              await opened.session.createLane(laneId(2)).catch(() => {})
            }
          },
        })
        await expect(saving).rejects.toMatchObject(lost)
      }
      await untouched()
    })

    test.skipIf(long)(`what has no room for a copy is read as it is${long}`, async () => {
      {
        await using opened = await attach({ url: stranger.url, databases: { from: 8, to: 11 } })
        using client = connect(await opened.session.createLane(one))
        await client.eval(`for i = 1, 5000 do redis.call('set', 'key:' .. i, string.rep('value', 200)) end`, 0)
        const used = Number(/^used_memory:(\d+)/m.exec(await stranger.owner.info('memory'))?.[1])
        await stranger.owner.config('SET', 'maxmemory', used + 1_000_000)
        try {
          const { summary } = await save(opened.session, one)
          expect(summary.counts).toEqual({ string: 5_000 })
          expect(summary.details.moment).toMatch(/of a moment of its own.*too many, or too large/)
        } finally {
          await stranger.owner.config('SET', 'maxmemory', 0)
        }
      }
      await untouched()
    })

    test('a number that somebody else holds now is neither read nor swapped nor emptied', async () => {
      {
        await using opened = await attach({ url: stranger.url, databases: { from: 8, to: 11 } })
        const lane = await opened.session.createLane(one)
        using client = connect(lane)
        await client.set('key', '1')
        const saved = await save(opened.session, one)
        await using mark = await supportOf(opened.session).mark(one)
        await using loaded = await supportOf(opened.session).load(one, saved.state, saved.summary)
        const take = `redis.call('select', 8) redis.call('hset', 'isolane:leases', 'number:' .. ARGV[1], ARGV[2])
        redis.call('select', ARGV[1]) redis.call('set', 'theirs', '1')`
        await stranger.owner.eval(take, 0, lane.database, 'another')
        await expect(loaded.swap()).rejects.toMatchObject(lost)
        await expect(mark.restore()).rejects.toMatchObject(lost)
        await expect(save(opened.session, one)).rejects.toMatchObject(lost)
        const read = `redis.call('select', ARGV[1]) return redis.call('keys', '*')`
        expect(await stranger.owner.eval(read, 0, lane.database)).toEqual(expect.arrayContaining(['theirs', 'key']))
        const giveBack = `redis.call('select', ARGV[1]) redis.call('flushdb')
        redis.call('select', 8) redis.call('hdel', 'isolane:leases', 'number:' .. ARGV[1])`
        await stranger.owner.eval(giveBack, 0, lane.database)
      }
      await untouched()
    })
  })
}
