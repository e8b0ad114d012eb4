/** A red run with all three databases: its snapshot alone, on another machine, and one command. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { long } from '../long.ts'
import { stackConfig, vitestConfig } from './files.ts'
import { openProject, type Project } from './project.ts'
import { keptLanes, savedFolder, savedName } from './snapshot-files.ts'

const services = "postgres: postgres({ migrations: 'users.sql' }), redis: redis(), neo4j: neo4j()"

const red = `
import { test } from 'isolane/vitest/test'
import { expect } from 'vitest'

test('Ada is everywhere', async ({ lane }) => {
  const db = await lane.postgres.client()
  await db.query("INSERT INTO users VALUES ('Ada')")
  await (await lane.redis.client()).hset('user:1', 'name', 'Ada')
  await (await lane.neo4j.driver()).executeQuery("CREATE (:Person {name: 'Ada'})-[:KNOWS]->(:Person {name: 'Grace'})")
  expect('red').toBe('green')
})
`

/** What a developer does next: the same state, in a test. */
const look = (name: string) => `
import { test } from 'isolane/vitest/test'
import { expect } from 'vitest'

async function expectAda(lane, driver) {
  const db = await lane.postgres.client()
  expect((await db.query('SELECT name FROM users')).rows).toEqual([{ name: 'Ada' }])
  expect(await (await lane.redis.client()).hgetall('user:1')).toEqual({ name: 'Ada' })
  const { records } = await driver.executeQuery(
    'MATCH (a:Person)-[:KNOWS]->(b:Person) RETURN a.name AS knows, b.name AS known',
  )
  expect(records.map((record) => record.toObject())).toEqual([{ knows: 'Ada', known: 'Grace' }])
}

test('Ada is everywhere', async ({ lane }) => {
  const driver = await lane.neo4j.driver()
  await lane.restore('./${name}')
  await expectAda(lane, driver)
  await lane.snapshot('as found')
  await driver.executeQuery('MATCH (n) DETACH DELETE n')
  await (await lane.redis.client()).flushdb()
  await (await lane.postgres.client()).query('DROP TABLE users')
  await lane.restore('as found')
  await expectAda(lane, driver)
})
`

function open(spec: string): Promise<Project> {
  return openProject('vitest-5', {
    'isolane.config.ts': stackConfig(services, "after: 'snapshot-on-failure'"),
    'vitest.config.ts': vitestConfig('testTimeout: 60_000,'),
    'users.sql': 'CREATE TABLE users (name text)',
    'a.test.ts': spec,
  })
}

test.skipIf(long)(
  `what a test left in all three is opened elsewhere by one command${long}`,
  { timeout: 180_000 },
  async () => {
    await using project = await open(red)
    const { code, output } = await project.run()
    expect(code, output).toBe(1)
    const name = savedName(output)
    await project.expectNothingLeft()

    await using elsewhere = await open(look(name))
    cpSync(savedFolder(output), join(elsewhere.root, name), { recursive: true })
    const restored = await elsewhere.cli('snapshot', 'restore', `./${name}`)
    expect(restored, restored.output).toMatchObject({ code: 0 })
    const [kept] = await keptLanes(elsewhere)
    for (const service of ['postgres', 'redis', 'neo4j']) {
      expect(restored.output).toContain(`isolane open ${kept?.name} ${service}`)
    }
    const reproduced = await elsewhere.run()
    expect(reproduced.failed, `${reproduced.output}${reproduced.messages}`).toEqual([])
    expect(reproduced.passed).toEqual(['Ada is everywhere'])
    await elsewhere.cli('down')
    await elsewhere.expectNothingLeft()
  },
)
