import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ForeignServer, foreignServer } from '../services/postgres/attach-server.ts'
import { runExample } from './example.ts'

let server: ForeignServer

beforeAll(async () => {
  server = await foreignServer()
})

afterAll(() => server?.[Symbol.asyncDispose]())

test('without DATABASE_URL the tests pass on SQLite', async () => {
  const { exitCode, output } = await runExample('sqlite-or-postgres')
  expect(exitCode, output).toBe(0)
  expect(output).toMatch(/db \(sqlite 3\.[\d.]+\) on folder, shared/)
  expect(output).toMatch(/Tests\s+7 passed/)
})

test('with DATABASE_URL the same tests pass on that Postgres server, and leave its data alone', async () => {
  const before = await server.column('SELECT name FROM customer', 'shop')
  const { exitCode, output } = await runExample('sqlite-or-postgres', { DATABASE_URL: server.url('keeper') })
  expect(exitCode, output).toBe(0)
  expect(output).toMatch(/db \(postgres 17\S*\) on attach, shared/)
  expect(output).toMatch(/Tests\s+7 passed/)
  expect(await server.column('SELECT name FROM customer', 'shop')).toEqual(before)
})
