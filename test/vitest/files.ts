/** Files that most of these tests' projects are made of. */

/** `isolane.config.ts` with one quick service, for where the database does not matter. */
export function redisConfig(settings = ''): string {
  return stackConfig('redis: redis()', settings)
}

export function stackConfig(services: string, settings = ''): string {
  return `
import { defineStack, neo4j, postgres, redis } from 'isolane'

export default defineStack({ services: { ${services} }, ${settings} })
`
}

/** `vitest.config.ts` with the plugin. */
export function vitestConfig(test = '', options = ''): string {
  return `
import { isolane } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [isolane(${options})],
  test: { ${test} },
})
`
}

/** Runs files in the order of their names, one after the other. */
export const inOrder = `
  maxWorkers: 1,
  minWorkers: 1,
  sequence: {
    sequencer: class {
      async sort(files) {
        return files.toSorted((left, right) => left.moduleId.localeCompare(right.moduleId))
      }
      async shard(files) {
        return files
      }
    },
  },
`

/** `redis.ts`: a client made when it is imported, as users do. */
export const redisClient = `
import { Redis } from 'ioredis'

export const redis = new Redis(process.env.REDIS_URL)
`

/** A test that says how many keys it finds, then leaves one more. */
export function tellAndDirty(test: string): string {
  return `
test('${test}', async () => {
  console.log('${test} found ' + (await redis.dbsize()) + ' in ' + process.env.ISOLANE_LANE)
  await redis.set('${test}', 'dirt')
})
`
}

/** A test file with a Redis client and these tests. */
export function redisSpec(...tests: readonly string[]): string {
  return `
import { expect, test } from 'vitest'
import { redis } from './redis.ts'
${tests.join('')}`
}
