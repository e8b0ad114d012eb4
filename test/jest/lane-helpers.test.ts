/** `lane()` and what it offers, from within Jest's own module registry. */
import { describe, expect, test } from 'vitest'
import { longMatrix } from '../long.ts'
import { openProject } from '../vitest/project.ts'
import { jestRunners } from '../vitest/runner.ts'
import { commonJs, presetConfig, stackConfig } from './files.ts'

const spec = `
const { expectEmpty, lane } = require('isolane/jest/test')
const { Redis } = require('ioredis')
const pg = require('pg')

let file, first

beforeAll(async () => {
  file = await lane().postgres.client()
})

beforeEach(async () => {
  await expectEmpty(lane())
})

const count = async (client) => (await client.query('SELECT * FROM users')).rows.length

test('a client with rollback is undone after its test', async () => {
  first = await lane().postgres.client({ rollback: true })
  expect(first).toBeInstanceOf(pg.Client)
  await first.query("BEGIN; INSERT INTO users (name) VALUES ('Ada'); COMMIT")
  expect([await count(first), await count(file)]).toEqual([1, 0])
})

test('and ended; one without stays for the file', async () => {
  await expect(first.query('SELECT 1')).rejects.toThrow(/ended with its test/)
  expect(await count(file)).toBe(0)
  const redis = await lane().cache.client()
  expect(redis).toBeInstanceOf(Redis)
  await redis.set('key', 'value')
  await file.query("INSERT INTO users (name) VALUES ('Grace')")
  await expect(expectEmpty(lane())).rejects.toThrow('cache: 1 key (key)\\n  postgres: public.users: 1 row')
  await lane().reset('cache')
  await lane().reset('postgres')
  expect(lane().postgres).toEqual({ ...lane().postgres })
})

test('what stays is listed in the output', async () => {
  await file.query("INSERT INTO users (name) VALUES ('Grace')")
  await expectEmpty(lane())
})
`

for (const { value: runner, why } of longMatrix(jestRunners)) {
  describe.skipIf(why)(`${runner}${why}`, () => {
    test('clients, rollback and a look at what is left', async () => {
      await using project = await openProject(runner, {
        ...commonJs,
        'isolane.config.mts': stackConfig("postgres: postgres({ migrations: 'users.sql' }), cache: redis()"),
        'users.sql': 'CREATE TABLE users (name text)',
        'jest.config.js': presetConfig(),
        'a.test.js': spec,
      })
      const { passed, failed, messages, output } = await project.run(['--detectOpenHandles'])
      expect(failed, output).toEqual(['what stays is listed in the output'])
      expect(messages).toMatch(/lane-1 is not empty: .*\n {2}postgres: public\.users: 1 row\n/)
      expect(passed).toHaveLength(2)
      expect(output).not.toMatch(/open handle|did not exit|force exited/)
      await project.expectNothingLeft()
    })
  })
}
