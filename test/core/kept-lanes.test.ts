import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { configOf, runtimes } from '../../src/builtin.ts'
import { attachTo } from '../../src/core/attached-stack.ts'
import { failedTest } from '../../src/core/failed-test.ts'
import { HeldLane } from '../../src/core/held-lane.ts'
import { laneAddress } from '../../src/core/lane-address.ts'
import { LaneClient } from '../../src/core/lane-client.ts'
import { self } from '../../src/core/process-identity.ts'
import type { ReportEvent } from '../../src/core/report.ts'
import { shellWord } from '../../src/core/shell-word.ts'
import { leaseForWorker } from '../../src/core/worker-lane.ts'
import { redis } from '../../src/index.ts'
import { type Served, serve } from './served.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const phases = (pool: Served['pool']) => Object.fromEntries(pool.status().lanes.map(({ name, phase }) => [name, phase]))

/** Leases a lane, writes to it, has a test fail on it, and gives it back. */
async function fail({ host, source, pool }: Served, test: string): Promise<HeldLane> {
  const held = await HeldLane.lease(source, { what: 'worker' })
  const { number, name } = held.lane.id
  host.lanes.get(number)?.add(`left by ${test}`)
  await held.keep(test)
  held.release()
  await expect.poll(() => phases(pool)[name]).not.toBe('leased')
  return held
}

describe('a kept lane', () => {
  test.each([undefined, 'instance'] as const)(
    'stays as it was left, and nobody gets it (isolation %s)',
    async (isolation) => {
      const stack = await serve({ limit: 3, ...(isolation ? { isolation } : {}) })
      const { lane } = await fail(stack, 'broken')
      expect(stack.pool.status().lanes[0]).toMatchObject({ phase: 'kept', failedTest: 'broken' })
      const others = [await stack.pool.lease({ pid: 1, what: 'a' }), await stack.pool.lease({ pid: 1, what: 'b' }, 1)]
      expect(others.map(({ id }) => id.name)).not.toContain(lane.id.name)
      await stack.pool.warm(3)
      expect([...(stack.host.lanes.get(lane.id.number) ?? [])]).toEqual(['left by broken'])
      expect(stack.host.resets).toEqual([])
    },
  )

  test("is still its worker's own, to reset and to use, as long as that holds it", async () => {
    const { host, source } = await serve()
    const held = await HeldLane.lease(source, { what: 'worker' })
    await held.keep('broken')
    await held.reset()
    expect(host.resets).toEqual([{ number: 1, connections: 'keep' }])
    held.release()
  })

  test('is kept for the first test that failed on it', async () => {
    const stack = await serve()
    const held = await HeldLane.lease(stack.source, { what: 'worker' })
    await held.keep('first')
    await held.keep('second')
    held.release()
    await expect.poll(() => phases(stack.pool)).toMatchObject({ 'lane-1': 'kept' })
    expect(stack.pool.status().lanes[0]?.failedTest).toBe('first')
  })

  test('leaves half of all lanes to the tests', async () => {
    const stack = await serve({ limit: 5 })
    for (const name of ['one', 'two', 'three']) await fail(stack, name)
    expect(
      stack.pool
        .status()
        .lanes.map(({ failedTest }) => failedTest)
        .filter(Boolean),
    ).toEqual(['one', 'two'])
    const held = await HeldLane.lease(stack.source, { what: 'worker' })
    expect(await failedTest(held, 'four')).toMatch(
      /^ {2}not kept: 2 of at most 5 lanes are, and no more than half may be/m,
    )
    held.release()
    const lanes = await Promise.all([1, 2, 3].map((number) => stack.pool.lease({ pid: 1, what: `worker ${number}` })))
    expect(new Set(lanes.map(({ id }) => id.name)).size).toBe(3)
  })

  test('is dropped when its server ends, which is told', async () => {
    const stack = await serve()
    await fail(stack, 'broken')
    stack.pool.discard()
    expect(stack.events).toContainEqual({
      kind: 'warning',
      subject: 'lane-1',
      text: expect.stringContaining('("broken" had failed on it)'),
    })
    await expect.poll(() => phases(stack.pool)['lane-1']).toBe('resting')
    expect(stack.host.lanes.has(1)).toBe(false)
  })

  test('can be let go, and is clean then', async () => {
    const stack = await serve()
    await fail(stack, 'broken')
    const client = await LaneClient.connect(stack.source.address)
    const wrong = client.request('letGo', { lane: 'lane-7' })
    await expect(wrong).rejects.toThrow('There is no kept lane "lane-7": choose from lane-1')
    await client.request('letGo', { lane: 'lane-1' })
    await expect.poll(() => phases(stack.pool)['lane-1']).toBe('ready')
    expect([...(stack.host.lanes.get(1) ?? ['none'])]).toEqual([])
    client.close()
  })

  test('can be looked into, as one that is leased, and no other', async () => {
    const stack = await serve()
    await fail(stack, 'broken')
    const held = await HeldLane.lease(stack.source, { what: 'worker' })
    const client = await LaneClient.connect(stack.source.address)
    for (const lane of ['lane-1', held.lane.id.name]) {
      expect(await client.request('look', { lane })).toMatchObject({ id: { name: lane } })
    }
    const wrong = client.request('look', { lane: 'lane-9' })
    await expect(wrong).rejects.toThrow(/^There is no leased or kept lane "lane-9": choose from lane-1, lane-2; /)
    client.close()
    held.release()
  })
})

describe('a worker whose lane is kept', () => {
  test('stays with it where its modules do, and the lane is not kept after all', async () => {
    const { pool, source } = await serve()
    const first = await leaseForWorker(source, { what: 'worker' })
    await first.keep('broken')
    expect(await leaseForWorker(source, { what: 'worker' })).toBe(first)
    expect(pool.keeps).toBe(false)
    first.release()
  })

  test('tells the first failure in full, and again after it was let go', async () => {
    const { source } = await serve()
    const held = await HeldLane.lease(source, { what: 'worker' })
    const full = `isolane: "one" failed on lane-1\n  memory  memory://1/1\n  kept as this file leaves it: isolane open lane-1`
    expect(await failedTest(held, 'one')).toBe(full)
    expect(await failedTest(held, 'two')).toBe('isolane: "two" failed on lane-1, which is told above')
    await held.letGo()
    expect(await failedTest(held, 'one')).toBe(full)
    held.release()
    expect(await failedTest(held, 'three')).toContain('which is told above')
  })

  test.each([
    [{}, "not kept; `keep: 'failed'` in isolane.config.ts keeps lanes like this one"],
    [{ notKept: 'that needs the stack in isolane.config.ts' }, 'not kept: that needs the stack in isolane.config.ts'],
  ])('says how it would be, or why it can not be, where it is not: %o', async (why, told) => {
    const { source } = await serve()
    const { keepFailed: _, ...rest } = source
    const held = await HeldLane.lease({ ...rest, ...why }, { what: 'worker' })
    expect((await failedTest(held, 'one')).split('\n').at(-1)).toBe(`  ${told}`)
    held.release()
  })
})

test('what is told of a failed test has no secrets, unless they are asked for', async () => {
  const { source, host } = await serve()
  host.urlOf = () => 'memory://user:geheim@here/1?token=geheim'
  const held = await HeldLane.lease(source, { what: 'worker' })
  expect(await failedTest(held, 'one')).toMatch(/^ {2}memory {2}memory:\/\/user:\*\*\*@here\/1$/m)
  vi.stubEnv('ISOLANE_SHOW_PASSWORDS', '1')
  await held.letGo()
  expect(await failedTest(held, 'one')).toMatch(/^ {2}memory {2}memory:\/\/user:geheim@here\/1\?token=geheim$/m)
  held.release()

  const bolt = { url: 'bolt://here:7687', user: 'neo4j', password: 'geheim', version: '' }
  expect(laneAddress(bolt, { passwords: false })).toBe('bolt://here:7687 (user neo4j)')
  expect(laneAddress(bolt, { passwords: true })).toBe('bolt://here:7687 (user neo4j, password geheim)')
})

test("a run's last line says how to open what is kept, from where the run was", async () => {
  const stack = await serve()
  await fail(stack, 'broken')
  const told = async (root: string) => {
    const config = await configOf(root, { services: { redis: redis() }, keep: 'failed' })
    const events: ReportEvent[] = []
    const up = {
      address: stack.server.address,
      owner: self,
      name: '',
      root,
      fingerprint: '',
      startedAt: '',
      logFile: '',
    }
    const report = (event: ReportEvent) => events.push(event)
    const run = await attachTo(up, { config, runtimes, workers: 1, report, signal: new AbortController().signal })
    await run?.close()
    return events.map((event) => ('text' in event ? event.text : ''))
  }
  const text = (isolane: string) =>
    `stays up with the lanes of test files that failed; \`${isolane} down\` ends it\n  ${isolane} open lane-1: "broken"`
  const elsewhere = mkdtempSync(join(tmpdir(), 'isolane at '))
  expect(await told(process.cwd())).toEqual([text('isolane')])
  expect(await told(elsewhere)).toEqual([text(`isolane -C ${shellWord(elsewhere)}`)])
})

describe('a stack that is up for its runs only', () => {
  test('ends with the last connection, unless a lane is kept', async () => {
    const stack = await serve()
    const [run, other] = [
      await LaneClient.connect(stack.source.address),
      await LaneClient.connect(stack.source.address),
    ]
    expect(await run.request('leave', {})).toEqual({ ends: false })
    run.close()
    await fail(stack, 'broken')
    expect(await other.request('leave', {})).toEqual({ ends: false })
    other.close()
    const later = await LaneClient.connect(stack.source.address)
    expect(stack.unused()).toBe(0)
    await later.request('letGo', { lane: 'lane-1' })
    expect(await later.request('leave', {})).toEqual({ ends: true })
    expect(stack.unused()).toBe(0)
    later.close()
    await expect.poll(stack.unused).toBe(1)
  })

  test('ends with the last of two runs that leave at once, and takes nobody in from then on', async () => {
    const { source, unused } = await serve()
    const runs = [await LaneClient.connect(source.address), await LaneClient.connect(source.address)]
    expect(await Promise.all(runs.map((run) => run.request('leave', {})))).toEqual([{ ends: false }, { ends: true }])
    await expect(LaneClient.connect(source.address)).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
    expect(unused()).toBe(0)
    runs[1]?.close()
    await expect.poll(unused).toBe(1)
    runs[0]?.close()
  })

  test('ends when the server of the last kept lane does', async () => {
    const stack = await serve()
    await fail(stack, 'broken')
    const before = stack.unused()
    stack.pool.discard()
    expect(stack.unused()).toBe(before + 1)
  })

  test('stays once somebody has asked for it', async () => {
    const stack = await serve()
    const run = await LaneClient.connect(stack.source.address)
    expect(await run.request('stay', {})).toEqual({ changed: true })
    expect(await run.request('stay', {})).toEqual({ changed: false })
    expect(await run.request('leave', {})).toEqual({ ends: false })
    run.close()
    await fail(stack, 'broken')
    stack.pool.letGo('lane-1')
    expect(stack.unused()).toBe(0)
  })
})
