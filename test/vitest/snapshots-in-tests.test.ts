/** `lane.snapshot()` and `lane.restore()` in tests. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { inOrder, redisClient, redisConfig, redisSpec, stackConfig, vitestConfig } from './files.ts'
import { openProject } from './project.ts'
import { runners } from './runner.ts'
import { itemsTable, quickConfig, savedFolder, savedName, store } from './snapshot-files.ts'

const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'test-helpers.md'), 'utf8')
const documented = /snapshots-in-tests\.test\.ts runs this -->\n```ts\n(.*?)```/s.exec(docs)?.[1] ?? ''

test.skipIf(long)(`what the docs say works${long}`, async () => {
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': redisConfig(),
    'vitest.config.ts': vitestConfig(),
    'cart.test.ts': documented,
  })
  const { failed, passed, output, messages } = await project.run()
  expect(failed, `${output}${messages}`).toEqual([])
  expect(passed).toEqual(['a cart is emptied', 'a full cart has three things'])
  await project.expectNothingLeft()
})

/** What both databases hold. */
const items = `
const { DatabaseSync } = process.getBuiltinModule('node:sqlite')

export function change(file, statement) {
  const db = new DatabaseSync(file)
  try {
    return db.prepare(statement).all().map(({ name }) => name)
  } finally {
    db.close()
  }
}

export async function add(lane, item) {
  await (await lane.cache.client()).set(item, 'stored')
  change(lane.db.file, "INSERT INTO items VALUES ('" + item + "')")
}

export async function items(lane) {
  const keys = await (await lane.cache.client()).keys('*')
  return [keys.sort().join(), change(lane.db.file, 'SELECT name FROM items ORDER BY name').join()]
}
`

const marks = `
import { test } from 'isolane/vitest/test'
import { expect } from 'vitest'
import { add, items } from './items.js'

test('a state comes back as often as wanted', async ({ lane }) => {
  const redis = await lane.cache.client()
  await add(lane, 'a')
  await lane.snapshot('one')
  await add(lane, 'b')
  await lane.snapshot('two')
  for (const [name, expected] of [['one', 'a'], ['two', 'a,b'], ['one', 'a']]) {
    await lane.restore(name)
    expect(await items(lane)).toEqual([expected, expected])
    await add(lane, 'more')
  }
  expect(await redis.exists('a')).toBe(1)
})

test('tests that follow have it, also after a reset', async ({ lane }) => {
  await lane.reset()
  expect(await items(lane)).toEqual(['', ''])
  await lane.restore('two')
  expect(await items(lane)).toEqual(['a,b', 'a,b'])
})

test('another of the same name takes its place', async ({ lane }) => {
  await lane.reset()
  await add(lane, 'c')
  await lane.snapshot('one')
  await lane.reset()
  await lane.restore('one')
  expect(await items(lane)).toEqual(['c', 'c'])
})

test('a name that there is not is told, with those that there are', async ({ lane }) => {
  const problem = await lane.restore('onne').catch((error) => error)
  expect(problem).toMatchObject({ name: 'IsolaneError', code: 'ISOLANE_SNAPSHOT_NOT_FOUND' })
  expect(problem.message).toContain('this test file has kept one, two with lane.snapshot()')
  expect(await items(lane)).toEqual(['c', 'c'])
})
`

for (const { value: runner, why } of longMatrix(runners))
  test.skipIf(why)(`${runner}: a lane goes back to what it was${why}`, async () => {
    await using project = await openProject(runner, {
      'isolane.config.ts': quickConfig(''),
      'vitest.config.ts': vitestConfig(),
      'items.js': items,
      ...itemsTable,
      'a.test.ts': marks,
    })
    const { failed, passed, output, messages } = await project.run()
    expect(failed, `${output}${messages}`).toEqual([])
    expect(passed).toHaveLength(4)
    await project.expectNothingLeft()
  })

test.skipIf(long)(`a file does not find what an earlier one has kept${long}`, async () => {
  const finds = `
import { test } from 'isolane/vitest/test'
import { expect } from 'vitest'

test('finds nothing', async ({ lane }) => {
  await expect(lane.restore('one')).rejects.toThrow(/this test file has kept none/)
  await lane.snapshot('one')
})
`
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': quickConfig(''),
    'vitest.config.ts': vitestConfig(`${inOrder} isolate: false,`),
    ...itemsTable,
    'a.test.ts': finds,
    'b.test.ts': finds,
  })
  const { failed, passed, output, messages } = await project.run()
  expect(failed, `${output}${messages}`).toEqual([])
  expect(passed).toHaveLength(2)
  await project.expectNothingLeft()
})

test.skipIf(long)(`a snapshot on disk comes back by its name or path${long}`, async () => {
  const meeting = (own: string, other: string) => `
import { existsSync, writeFileSync } from 'node:fs'
${redisSpec(`
test('stores ${own}', async () => {${store(own)}
  writeFileSync('${own}.there', '')
  await expect.poll(() => existsSync('${other}.there'), { timeout: 30_000 }).toBe(true)
}, 60_000)
`)}`
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': quickConfig(''),
    'vitest.config.ts': vitestConfig('maxWorkers: 2, minWorkers: 2,'),
    'redis.ts': redisClient,
    'items.js': items,
    ...itemsTable,
    'a.test.ts': meeting('a', 'b'),
    'b.test.ts': meeting('b', 'a'),
  })
  const saving = await project.run([], { env: { ISOLANE_AFTER: 'snapshot' } })
  const name = savedName(saving.output)
  project.write(
    'isolane.config.ts',
    project.read('isolane.config.ts').replace('services: {', 'services: { more: sqlite(),'),
  )
  project.write(
    'c.test.ts',
    `
import { test } from 'isolane/vitest/test'
import { relative } from 'node:path'
import { expect } from 'vitest'
import { add, items } from './items.js'

const name = '${name}'
const folder = '${savedFolder(saving.output)}'

test('by its name', async ({ lane }) => {
  await add(lane, 'more')
  await lane.restore(name)
  const [own] = await items(lane)
  await lane.restore(name, { from: lane.name === 'lane-1' ? 'lane-2' : 'lane-1' })
  expect([own, (await items(lane))[0]].sort()).toEqual(['a', 'b'])
})

test('by its path', async ({ lane }) => {
  await lane.restore(folder, { from: 'lane-1' })
  const [first] = await items(lane)
  await lane.restore(relative(import.meta.dirname, folder), { from: 'lane-2' })
  expect([first, (await items(lane))[0]].sort()).toEqual(['a', 'b'])
  await lane.reset()
  expect(await items(lane)).toEqual(['', ''])
})

test('a lane that it has not is told', async ({ lane }) => {
  await add(lane, 'stays')
  await expect(lane.restore(name, { from: 'lane-7' })).rejects.toThrow(/has no lane "lane-7": choose from lane-1, lane-2/)
  await expect(lane.restore('./nothing')).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_NOT_FOUND' })
  expect(await items(lane)).toEqual(['stays', 'stays'])
})
`,
  )
  const { failed, passed, output, messages } = await project.run(['c.test.ts'])
  expect(failed, `${output}${messages}`).toEqual([])
  expect(passed).toHaveLength(3)
  const alone = `${name} was restored, but more stays as it was: the snapshot has nothing of it\n`
  expect(output.match(new RegExp(`isolane lane-\\d: ${alone}`, 'g'))).toHaveLength(1)
  await project.expectNothingLeft()
})

const postgresSpec = `
import { test } from 'isolane/vitest/test'
import { expect } from 'vitest'

const names = async (client) => (await client.query('SELECT name FROM users ORDER BY name')).rows.map(({ name }) => name)

test('clients without a rollback go on', async ({ lane }) => {
  const db = await lane.postgres.client()
  await db.query("INSERT INTO users VALUES ('Ada')")
  await lane.snapshot('ada')
  await db.query("INSERT INTO users VALUES ('Grace')")
  await lane.restore('ada')
  expect(await names(db)).toEqual(['Ada'])
})

test('what a client with rollback has written is never lost in silence', async ({ lane }) => {
  const db = await lane.postgres.client({ rollback: true })
  await lane.restore('ada')
  expect(await names(db)).toEqual(['Ada'])
  await lane.snapshot('again')
  await db.query("INSERT INTO users VALUES ('Grace')")
  const refused = await lane.snapshot('half').catch((error) => error)
  expect(refused.code).toBe('ISOLANE_SNAPSHOT_REFUSED')
  expect(await names(db)).toEqual(['Ada', 'Grace'])
  await lane.restore('again')
  expect(await names(db)).toEqual(['Ada'])
})
`

describe('PostgreSQL', () => {
  test.skipIf(long)(`clients, with and without rollback${long}`, async () => {
    await using project = await openProject('vitest-5', {
      'isolane.config.ts': stackConfig("postgres: postgres({ migrations: 'users.sql' })"),
      'vitest.config.ts': vitestConfig(),
      'users.sql': 'CREATE TABLE users (name text)',
      'a.test.ts': postgresSpec,
    })
    const { failed, passed, output, messages } = await project.run()
    expect(failed, `${output}${messages}`).toEqual([])
    expect(passed).toHaveLength(2)
    await project.expectNothingLeft()
  })
})

test.skipIf(long)(`lease() has it too, and what it leases in a run is saved with the run${long}`, async () => {
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': quickConfig("after: 'snapshot'"),
    'items.js': items,
    ...itemsTable,
    'program.mjs': `
import { lease } from 'isolane'
import { add, items } from './items.js'

const lane = await lease()
await add(lane, 'a')
await lane.snapshot('a')
await lane.reset()
await lane.restore('a')
console.log('there is', (await items(lane)).join())
await lane[Symbol.asyncDispose]()
`,
  })
  const { code, output } = await project.cli('exec', '--', process.execPath, 'program.mjs')
  expect(code, output).toBe(0)
  expect(output).toContain('there is a,a')
  expect(output).toMatch(/has the lanes as the last test files left them .*\n {2}lane-1\n {2}lane-2\n/)
  await project.expectNothingLeft()
})
