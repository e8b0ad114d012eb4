/** What a run says of a failed test's lane, and what stays of it. */
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { inOrder, redisClient, redisConfig, redisSpec, tellAndDirty, vitestConfig } from './files.ts'
import { openProject, type Project } from './project.ts'
import { runners } from './runner.ts'

const failing = `
import { describe, expect, test } from 'vitest'

test('passes', () => {})
test.fails('is meant to fail', () => expect(1).toBe(2))
test('passes in the end', { retry: 1 }, ({ task }) => expect(task.result.retryCount).toBe(1))
describe('users', () => {
  test('are unique', { retry: 1 }, () => expect(1).toBe(2))
})
test('is stuck', { timeout: 50 }, () => new Promise(() => {}))
`

const failingSetUp = `
import { beforeAll, test } from 'vitest'

beforeAll(() => {
  throw new Error('no set-up today')
})
test('is skipped', () => {})
`

const fail = `
test('fails', () => expect(1).toBe(2))
`

for (const { value: runner, why } of longMatrix(runners)) {
  test.skipIf(why)(`${runner}: each failed test tells which lane it had, once, without a password${why}`, async () => {
    await using project = await openProject(runner, {
      'isolane.config.ts': redisConfig(),
      'vitest.config.ts': vitestConfig(inOrder),
      'one.test.ts': failing,
      'two.test.ts': failingSetUp,
    })
    const { code, output } = await project.run()
    expect(code).toBe(1)
    const told =
      /isolane: "(.*)" failed on lane-1(, which is told above|\n {2}redis {2}redis:\/\/lane-1:\*\*\*@127\.0\.0\.1:\d+\/\d+\n {2}not kept; `keep: 'failed'`.*)\n/g
    const names = [...output.matchAll(told)].map(([, name, how]) => `${name}${how?.startsWith(',') ? ' (above)' : ''}`)
    expect(names).toEqual(['users > are unique', 'is stuck (above)', 'two.test.ts'])
    expect(output.match(/isolane: "/g)).toHaveLength(names.length)
    await project.expectNothingLeft()
  })
}

interface KeptLane {
  readonly name: string
  readonly phase: string
  readonly failedTest: string
  readonly env: Readonly<Record<string, string>>
}

async function keptLanes(project: Project): Promise<KeptLane[]> {
  const { output } = await project.cli('status', '--json', '--passwords')
  const { pool } = JSON.parse(output) as {
    pool: { lanes: (KeptLane | (Omit<KeptLane, 'failedTest'> & { failedTest?: undefined }))[] }
  }
  return pool.lanes.filter((lane) => lane.failedTest !== undefined)
}

async function keysIn({ env }: KeptLane): Promise<string[]> {
  const redis = new Redis(env.REDIS_URL ?? '')
  try {
    return await redis.keys('*')
  } finally {
    redis.disconnect()
  }
}

function keeping(keep: string, files: Readonly<Record<string, string>>, settings = ''): Promise<Project> {
  return openProject('vitest-5', {
    'isolane.config.ts': redisConfig(`keep: '${keep}'`),
    'vitest.config.ts': vitestConfig(`${inOrder} ${settings}`),
    'redis.ts': redisClient,
    ...files,
  })
}

describe("keep: 'failed'", () => {
  test("a failed file's lane stays as it was left, and no later run touches it", async () => {
    await using project = await keeping('failed', {
      'a.test.ts': redisSpec(tellAndDirty('a1'), fail),
      'b.test.ts': redisSpec(tellAndDirty('b1')),
    })
    const first = await project.run()
    expect(first.output).toMatch(
      /isolane: "fails" failed on lane-1\n.*\n {2}kept as this file leaves it: isolane open lane-1\n/,
    )
    expect(first.output).toMatch(/a1 found 0 in lane-1[\s\S]*b1 found 0 in lane-2/)
    expect(first.output).toMatch(
      /isolane stack: stays up with the lanes of test files that failed; `isolane down` ends it\n {2}isolane open lane-1: "fails"\n/,
    )
    const [kept] = await keptLanes(project)
    if (!kept) throw new Error('no lane was kept')
    expect(kept).toMatchObject({ name: 'lane-1', phase: 'kept', failedTest: 'fails' })

    const second = await project.run()
    expect(second.output).toContain('a1 found 0 in lane-2')
    expect(second.output).toContain('on the stack that is up')
    expect((await keptLanes(project)).map(({ name }) => name)).toEqual(['lane-1', 'lane-2'])
    expect(await keysIn(kept)).toEqual(['a1'])

    expect(await project.cli('down', 'lane-2')).toMatchObject({ code: 0 })
    expect((await keptLanes(project)).map(({ name }) => name)).toEqual(['lane-1'])
    expect((await project.cli('status')).output).toMatch(/lane-1 +kept +"fails"/)
    expect(await project.cli('down', 'lane-1')).toMatchObject({ code: 0 })
    await project.expectNothingLeft()
  })

  const twoFiles = { 'a.test.ts': redisSpec(tellAndDirty('a1'), fail), 'b.test.ts': redisSpec(tellAndDirty('b1')) }

  test('a worker whose contexts are new goes on with another lane', async () => {
    await using project = await keeping('failed', twoFiles, "pool: 'vmThreads'")
    const { output } = await project.run()
    expect(output).toMatch(/a1 found 0 in lane-1[\s\S]*b1 found 0 in lane-2/)
    expect(await keptLanes(project)).toMatchObject([{ name: 'lane-1', failedTest: 'fails' }])
    await project.cli('down')
    await project.expectNothingLeft()
  })

  test.skipIf(long)(`a worker whose modules go on takes the lane back, clean${long}`, async () => {
    await using project = await keeping('failed', twoFiles, 'isolate: false')
    const { output } = await project.run()
    expect(output).toMatch(/a1 found 0 in lane-1[\s\S]*lane-1: is not kept after all[\s\S]*b1 found 0 in lane-1/)
    expect(output).not.toContain('stays up')
    await project.expectNothingLeft()
  })

  test('a run in which nothing fails leaves nothing', async () => {
    await using project = await keeping('failed', { 'a.test.ts': redisSpec(tellAndDirty('a1')) })
    expect(await project.run()).toMatchObject({ code: 0, passed: ['a1'] })
    await project.expectNothingLeft()
  })
})
