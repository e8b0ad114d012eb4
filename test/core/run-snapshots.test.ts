import { describe, expect, test } from 'vitest'
import { configOf, runtimes } from '../../src/builtin.ts'
import { attachTo } from '../../src/core/attached-stack.ts'
import { failedTest } from '../../src/core/failed-test.ts'
import { HeldLane, type LaneSource } from '../../src/core/held-lane.ts'
import { LaneClient } from '../../src/core/lane-client.ts'
import { self } from '../../src/core/process-identity.ts'
import type { ReportEvent } from '../../src/core/report.ts'
import { leaseForWorker } from '../../src/core/worker-lane.ts'
import { redis } from '../../src/index.ts'
import { type Served, serve } from './served.ts'

const snapshot = { name: 'after-run', of: 'failed' } as const
const worker = { what: 'worker' }

/** Where workers of a run lease that saves the lanes of failed test files. */
const saving = ({ source }: Served): LaneSource => ({ ...source, keepFailed: false, snapshot })

const lane = ({ pool }: Served, number: number) => {
  const found = pool.status().lanes.find(({ name }) => name === `lane-${number}`)
  return found && { phase: found.phase, failedTest: found.failedTest, kept: found.kept }
}

/** A test fails on a lane, which comes back then. */
async function fail(stack: Served, source = saving(stack), name = 'broken'): Promise<number> {
  const held = await HeldLane.lease(source, worker)
  const { number } = held.lane.id
  stack.host.lanes.get(number)?.add(name)
  await held.keep(name)
  held.release()
  await expect.poll(() => lane(stack, number)?.phase).not.toBe('leased')
  return number
}

/** A run that is attached to the stack, and saves nothing although it tries. */
async function attached({ server }: Served, saved: readonly string[], events: ReportEvent[] = []) {
  const config = await configOf(process.cwd(), { services: { redis: redis() } })
  const { root } = config
  const up = { address: server.address, owner: self, name: '', root, fingerprint: '', startedAt: '', logFile: '' }
  const report = (event: ReportEvent) => events.push(event)
  const run = await attachTo(up, {
    config,
    runtimes,
    workers: 1,
    report,
    signal: new AbortController().signal,
    afterRun: { snapshot, save: async () => saved },
  })
  if (!run) throw new Error('the stack has ended')
  return run
}

describe('a lane that is kept for the snapshot of a run', () => {
  test('is let go when the run ends, in whatever way', async () => {
    const stack = await serve({ limit: 6 })
    const run = await LaneClient.connect(stack.source.address)
    await run.request('warm', { workers: 1, snapshot: snapshot.name })
    const number = await fail(stack)
    const forPeople = await fail(stack, { ...saving(stack), keepFailed: true })
    const held = await HeldLane.lease(saving(stack), worker)
    await held.keep('broken')
    run.close()
    await expect.poll(() => lane(stack, number)?.phase).toBe('ready')
    expect(lane(stack, forPeople)?.phase).toBe('kept')
    // A worker that outlives its run.
    held.release()
    await expect.poll(() => lane(stack, held.lane.id.number)?.phase).toBe('ready')
    const late = await HeldLane.lease({ ...saving(stack), snapshot: { ...snapshot, of: 'all' } }, worker)
    expect(await late.keep('late')).toEqual({ refused: 'its run is over' })
    late.release()
    await expect.poll(() => lane(stack, late.lane.id.number)?.phase).toBe('ready')
  })

  test('is let go once it is saved', async () => {
    const stack = await serve()
    const another = await LaneClient.connect(stack.source.address)
    const run = await attached(stack, ['lane-1'])
    await fail(stack)
    await run.close()
    await expect.poll(() => lane(stack, 1)?.phase).toBe('ready')
    another.close()
  })

  test('stays when it could not be saved, and it is said how to open it', async () => {
    const stack = await serve()
    const events: ReportEvent[] = []
    const run = await attached(stack, [], events)
    const number = await fail(stack)
    await run.close()
    expect(lane(stack, number)).toEqual({ phase: 'kept', failedTest: 'broken', kept: true })
    expect([...(stack.host.lanes.get(number) ?? [])]).toEqual(['broken'])
    expect(events).toContainEqual(expect.objectContaining({ text: expect.stringContaining('open lane-1: "broken"') }))
  })

  test.each([1, 3])('is left for it when it can not be kept, of at most %i', async (limit) => {
    const stack = await serve({ limit })
    if (limit > 1) await fail(stack)
    const held = await HeldLane.lease(saving(stack), worker)
    const told = await failedTest(held, 'last')
    expect(told).toMatch(/not kept for the snapshot: .* no more than half may be/)
    expect(told).toMatch(/saved after the run, unless another test file needs the lane before: .*after-run/)
    held.release()
    const { number } = held.lane.id
    await expect.poll(() => lane(stack, number)?.phase).toBe('left')
    expect(lane(stack, number)).toEqual({ phase: 'left', failedTest: 'last', kept: undefined })
    const others = limit > 1 ? [1, 2] : [1]
    for (const _other of others) expect((await stack.pool.lease({ pid: 1, what: 'other' })).id).toBeDefined()
    expect(lane(stack, number)).toMatchObject({ phase: 'leased', failedTest: undefined })
  })

  test('is not kept when it was lost while it was held', async () => {
    const stack = await serve()
    const held = await HeldLane.lease(saving(stack), worker)
    await held.mark('m')
    await held.keep('broken')
    stack.host.failNextRestore = true
    await expect(held.restoreMark('m')).rejects.toThrow(/ISOLANE_RESTORE_FAILED/)
    held.release()
    await expect.poll(() => lane(stack, 1)?.phase).not.toBe('leased')
    expect(stack.pool.keeps).toBe(false)
    expect(lane(stack, 1)).toMatchObject({ failedTest: undefined, kept: undefined })
    expect(stack.events).toContainEqual(expect.objectContaining({ kind: 'warning', subject: 'lane-1' }))
  })
})

test('a kept lane has no marks, and what of them can not be removed is told', async () => {
  const stack = await serve()
  const held = await HeldLane.lease(stack.source, worker)
  await held.mark('m')
  await held.keep('broken')
  stack.host.failNextDisposal = true
  held.release()
  await expect
    .poll(() => stack.events)
    .toContainEqual({
      kind: 'warning',
      subject: 'lane-1',
      text: "something that was put beside it can't be removed: the disposal was refused",
    })
  expect(lane(stack, 1)?.phase).toBe('kept')
})

test('a worker whose lane is lost gets another, even when lanes are never reset', async () => {
  const stack = await serve()
  const source = { ...stack.source, reset: 'never' } as const
  const first = await leaseForWorker(source, worker)
  expect(await leaseForWorker(source, worker)).toBe(first)
  stack.pool.discard(first.lane.id.number)
  const second = await leaseForWorker(source, worker)
  expect(second).not.toBe(first)
  second.release()
})
