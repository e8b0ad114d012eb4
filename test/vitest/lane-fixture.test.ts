/** The `lane` fixture on real lanes of all three databases: clients, their end, rollback, emptiness. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { longMatrix } from '../long.ts'
import { inOrder, stackConfig, vitestConfig } from './files.ts'
import { openProject } from './project.ts'
import { runners } from './runner.ts'

const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'test-helpers.md'), 'utf8')
const documented = /<!-- [^\n]* runs this -->\n```ts\n(.*?)```/s.exec(docs)?.[1] ?? ''

/** Whatever one test has opened is looked at by the next one. */
const clients = `
import { expectEmpty, test } from 'isolane/vitest/test'
import neo4j from 'neo4j-driver'
import { Redis } from 'ioredis'
import pg from 'pg'
import { expect } from 'vitest'

const left = {}

test('clients are connected to the lane', async ({ lane }) => {
  expect(process.env.PGHOST).toBe(lane.postgres.host)
  expect(process.env).not.toHaveProperty('PGSERVICE')
  left.pg = await lane.postgres.client()
  expect(left.pg).toBeInstanceOf(pg.Client)
  const { rows } = await left.pg.query('SELECT current_database() AS name')
  expect(rows).toEqual([{ name: lane.postgres.database }])

  left.redis = await lane.cache.client()
  expect(left.redis).toBeInstanceOf(Redis)
  expect(await left.redis.client('INFO')).toContain(' db=' + lane.cache.database + ' ')

  left.driver = await lane.graph.driver()
  const { records } = await left.driver.executeQuery('CALL db.info() YIELD name RETURN name')
  expect(records[0].get('name')).toBe(lane.graph.database)
  left.session = left.driver.session({ defaultAccessMode: neo4j.session.READ })
  expect((await left.session.run('RETURN 1 AS one')).summary.database.name).toBe(lane.graph.database)
})

test('they were closed after the test', async ({ lane }) => {
  await expect(left.pg.query('SELECT 1')).rejects.toThrow(/closed/)
  expect(left.redis.status).toBe('end')
  await expect(left.driver.executeQuery('RETURN 1')).rejects.toThrow(/closed/)
})

test('endpoints stay plain data', async ({ lane }) => {
  for (const endpoint of [lane.postgres, lane.cache, lane.graph]) {
    expect(structuredClone(endpoint)).toStrictEqual(endpoint)
    expect(JSON.parse(JSON.stringify(endpoint))).toStrictEqual(endpoint)
  }
  expect(lane.postgres).toStrictEqual({ ...lane.postgres })
  expect('client' in { ...lane.postgres }).toBe(false)
})

test('clients that the test has closed are no failure', async ({ lane }) => {
  await (await lane.postgres.client()).end()
  await (await lane.cache.client()).quit()
  await (await lane.graph.driver()).close()
})

test('what is there is listed', async ({ lane }) => {
  await expectEmpty(lane)
  const db = await lane.postgres.client()
  await db.query("INSERT INTO users (name) VALUES ('Grace'), ('Edsger')")
  const cache = await lane.cache.client()
  await cache.mset({ a: 1, b: 2, c: 3, d: 4 })
  const driver = await lane.graph.driver()
  await driver.executeQuery('CREATE (:Person:Admin), (:Person), (:Person), (), (:__Neo4jMigration)')
  const problem = await expectEmpty(lane).catch((error) => error)
  expect(problem.code).toBe('ISOLANE_LANE_NOT_EMPTY')
  const lines = problem.message.split('\\n')
  expect(lines[0]).toContain(lane.name + ' is not empty: ')
  expect(lines[1]).toMatch(/^  cache: 4 keys \\([a-d], [a-d], [a-d], …\\)$/)
  expect(lines.slice(2)).toEqual([
    '  graph: 4 nodes (1 without a label, 1 :Admin:Person, 2 :Person)',
    '  postgres: public.users: 2 rows',
  ])
  await lane.reset('cache')
  await expect(expectEmpty(lane)).rejects.toThrow(/graph.*\\n.*postgres/)
  await lane.reset()
  await expectEmpty(lane)
})
`

/** Runs after ours, before there are any lanes. */
const ownSetup = `
export default () => {
  if (process.env.PGSERVICE) throw new Error('psql would go elsewhere')
}
`

const rollback = `
import { expectEmpty } from 'isolane/vitest/test'
import { expect } from 'vitest'
import { test } from './support.ts'

test('fixtures of the user go on from the lane', async ({ db, ada }) => {
  await db.query('BEGIN')
  await db.query("INSERT INTO users (name) VALUES ('Grace')")
  await db.query('COMMIT')
  expect((await db.query('SELECT name FROM users ORDER BY name')).rows).toEqual([{ name: 'Ada' }, { name: 'Grace' }])
  expect(ada.id).toBeGreaterThan(0)
})

test('and what went through the client was undone', async ({ lane, db }) => {
  await expectEmpty(lane)
  await db.query("INSERT INTO users (name) VALUES ('Ada')")
  await lane.reset()
  expect((await db.query('SELECT name FROM users')).rows).toEqual([])
})

test('its own error is what a test fails with', async ({ lane, ada }) => {
  const other = await lane.postgres.client()
  const { rows } = await other.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()",
  )
  expect(rows).not.toEqual([])
  await (await lane.cache.client()).quit()
  throw new Error('the own error of ' + typeof ada.id)
})

test('rows that stay fail the test', async ({ lane }) => {
  await (await lane.cache.client()).set('stays', 1)
  await expectEmpty(lane)
})
`

for (const { value: runner, why } of longMatrix(runners)) {
  describe.skipIf(why)(`${runner}${why}`, () => {
    test('lanes offer clients, rollback and a look at what is left', async () => {
      await using project = await openProject(runner, {
        'isolane.config.ts': stackConfig(
          "postgres: postgres({ migrations: 'users.sql' }), cache: redis(), graph: neo4j()",
        ),
        'vitest.config.ts': vitestConfig(`${inOrder} globalSetup: './own-setup.ts',`),
        'own-setup.ts': ownSetup,
        'users.sql': 'CREATE TABLE users (id serial PRIMARY KEY, name text UNIQUE)',
        'a.spec.ts': clients,
        'b.spec.ts': rollback,
        'support.ts': documented,
      })
      const { passed, failed, messages, output } = await project.run([], { env: { PGSERVICE: 'production' } })
      expect(failed, `${output}${messages}`).toEqual([
        'its own error is what a test fails with',
        'rows that stay fail the test',
      ])
      expect(messages).toContain('the own error of number')
      expect(messages).toMatch(/lane-\d is not empty: .*\n {2}cache: 1 key \(stays\)/)
      expect(messages).not.toMatch(/terminat|closed/)
      expect(passed).toHaveLength(7)
      await project.expectNothingLeft()
    })
  })
}
