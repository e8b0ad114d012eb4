import { describe, expect, test } from 'vitest'
import { long } from '../long.ts'
import { vitestConfig } from '../vitest/files.ts'
import { bringUp, openStack, slicesOf } from './stack.ts'
import { Writer } from './writer.ts'

/** For how long test runs follow each other: ten minutes by hand show what a moment does not. */
const seconds = Number(process.env.ISOLANE_SOAK_SECONDS ?? 20)
const files = 6

/** Dirties its lane in every service, finds nothing of another test there, and resets it. */
const spec = `
import { expect, test } from 'vitest'
import { use } from './use.ts'

for (const round of [1, 2, 3]) {
  test('round ' + round, async () => {
    expect(await use()).toEqual({ postgres: 1, redis: 1, neo4j: 1 })
  })
}
`

const use = `
import neo4j from 'neo4j-driver'
import { Redis } from 'ioredis'
import pg from 'pg'

const { env } = process

/** What each service holds after one thing was written to it. */
export async function use() {
  const client = new pg.Client(env.DATABASE_URL)
  const redis = new Redis(env.REDIS_URL)
  const driver = neo4j.driver(env.NEO4J_URI, neo4j.auth.basic(env.NEO4J_USER, env.NEO4J_PASSWORD), { disableLosslessIntegers: true })
  try {
    await client.connect()
    await client.query("INSERT INTO write VALUES (1, 'x')")
    await redis.set('write:1', 'x')
    const database = env.NEO4J_DATABASE
    await driver.executeQuery('CREATE (:Write {number: 1})', {}, { database })
    const { rows } = await client.query('SELECT count(*)::int AS n FROM write')
    const { records } = await driver.executeQuery('MATCH (n:Write) RETURN count(n) AS n', {}, { database })
    return { postgres: rows[0].n, redis: await redis.dbsize(), neo4j: records[0].get('n') }
  } finally {
    await client.end()
    redis.disconnect()
    await driver.close()
  }
}
`

describe.skipIf(long)(`test runs beside environments that a program writes to${long}`, () => {
  test(
    `for ${seconds} s every write stays`,
    async () => {
      const specs = Array.from({ length: files }, (_, index) => [`${index}.spec.ts`, spec])
      await using project = await openStack({
        ...Object.fromEntries(specs),
        'use.ts': use,
        'vitest.config.ts': vitestConfig('maxWorkers: 2, minWorkers: 1, testTimeout: 60_000'),
      })
      await bringUp(project)
      await using writer = new Writer(await slicesOf(project))
      const until = performance.now() + seconds * 1_000
      let runs = 0
      do {
        const { code, passed, messages, output } = await project.run()
        expect(code, `${messages}\n${output.slice(-10_000)}`).toBe(0)
        expect(passed).toHaveLength(files * 3)
        runs += 1
      } while (performance.now() < until)
      await writer.goesOn()
      await writer.stop()
      expect(writer.failures).toBe(0)
      await writer.expectAllThere()
      console.log(`${runs} runs; acknowledged and there: ${JSON.stringify(writer.acknowledged())}`)
      expect(await project.cli('down', '--data', '--yes')).toMatchObject({ code: 0 })
      await project.expectNothingLeft()
    },
    (seconds + 180) * 1_000,
  )
})
