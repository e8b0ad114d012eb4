import { describe, expect, test } from 'vitest'
import { type RedisLane, redisService } from '../../../../src/services/redis/index.ts'
import { long } from '../../../long.ts'
import { connect, outcome } from '../fixture.ts'
import { dev, environment, Home, staging } from './fixture.ts'

const { marks } = redisService.environments ?? (undefined as never)

describe.skipIf(long)(`where users can't be kept inside a number${long}`, () => {
  test.each(['6.2', '7'])(
    '%s: a guard stops what selects, copies or empties elsewhere, and the rest is said',
    async (version) => {
      await using home = new Home()
      await using opened = await home.open([dev, environment('test', 1), staging], { version })
      const [developers, tests, staged] = opened.lanes as [RedisLane, RedisLane, RedisLane]
      expect(opened.reports).toContainEqual({
        kind: 'warning',
        subject: 'cache',
        text: expect.stringMatching(/can't keep a user inside one DB number .* works in DB 0/),
      })
      using client = connect(developers)
      await client.set('mine', '1')
      for (const command of [
        ['SELECT', 2],
        ['COPY', 'mine', 'mine', 'DB', 2],
        ['MOVE', 'mine', 2],
        ['SWAPDB', 0, 2],
        ['EVAL', `redis.call('select', 2) redis.call('set', 'stray', '1')`, 0],
        ['FLUSHALL'],
        ['MONITOR'],
        ['CONFIG', 'SET', 'appendonly', 'no'],
      ] as const) {
        const [name, ...rest] = command
        expect([command, await outcome(client.call(name, ...rest))]).toEqual([
          command,
          expect.stringMatching(/NOPERM|ACL|can't run this command/),
        ])
      }
      using other = connect(staged)
      expect(await other.dbsize()).toBe(0)
      for (const [from, to] of [
        [developers, staged],
        [developers, tests],
        [staged, tests],
      ] as const) {
        expect(await marks.intrude(from, to)).toMatch(/NOPERM/)
      }
      // What the guard can't stop: DB 0 is where a client is that selects nothing.
      expect(await marks.intrude(staged, developers)).toBeUndefined()
      await marks.write(staged, 'a-mark')
      expect(await Promise.all(opened.lanes.map((lane) => marks.count(lane, 'a-mark')))).toEqual([0, 0, 1])
    },
  )
})
