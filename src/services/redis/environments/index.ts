import type { EnvironmentSupport } from '../../../core/contracts.ts'
import { type RedisLane, type RedisOptions, wantedBy } from '../options.ts'
import { check } from './check.ts'
import { foreign } from './foreign.ts'
import { marks } from './marks.ts'

export const redisEnvironments: EnvironmentSupport<RedisOptions, RedisLane> = {
  // Only a whole server is durable, and pub/sub, scripts and functions are one for all of it.
  apart: true,
  dataVersion(options) {
    const { name, version } = wantedBy(options)
    return `${name} ${version.split('.')[0]}`
  },
  check: async (lane) => [await check(lane)],
  marks,
  foreign,
}
