import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { configOf } from '../../src/builtin.ts'
import type { ReportEvent } from '../../src/core/report.ts'
import { redis } from '../../src/index.ts'
import { createSnapshot } from '../../src/snapshots/create.ts'
import { saveRun } from '../../src/snapshots/run-snapshot.ts'
import { SnapshotStore } from '../../src/snapshots/store.ts'
import { MemoryHost } from '../core/memory-host.ts'
import { MemoryStack } from './memory-stack.ts'

/** One whose first lane can't be saved. */
class Refusing extends MemoryHost {
  override saveLane: MemoryHost['saveLane'] = async (lane, files) => {
    if (lane.number === 1) throw new Error('the first lane was refused')
    return super.saveLane(lane, files)
  }
}

const events: ReportEvent[] = []
const report = (event: ReportEvent) => events.push(event)
const warnings = () => events.filter(({ kind }) => kind === 'warning')

beforeEach(() => {
  events.length = 0
  vi.stubEnv('ISOLANE_SNAPSHOT_DIR', mkdtempSync(join(tmpdir(), 'isolane-passed-over-')))
  return () => vi.unstubAllEnvs()
})

const config = () => configOf(process.cwd(), { services: { redis: redis() } })
const optionsFor = async ({ client }: MemoryStack) => {
  const { name: stack } = await config()
  return { store: SnapshotStore.of(await config()), client, reason: 'by hand', stack, report }
}

test("a lane that can't be saved costs the others nothing, and is told", async () => {
  await using stack = await MemoryStack.open(new Refusing())
  await stack.lease('a')
  const second = await stack.lease('b')
  await using snapshot = await createSnapshot({ ...(await optionsFor(stack)), lanes: undefined })
  expect(Object.keys(snapshot.manifest.lanes)).toEqual([second])
  expect(warnings()).toEqual([
    expect.objectContaining({ subject: 'lane-1', text: expect.stringContaining('the first lane was refused') }),
  ])
})

test("one that was asked for by name does, and so does the only one's failure", async () => {
  await using stack = await MemoryStack.open(new Refusing())
  const first = await stack.lease('a')
  const options = await optionsFor(stack)
  for (const lanes of [[first], undefined]) {
    await expect(createSnapshot({ ...options, lanes })).rejects.toThrow('the first lane was refused')
  }
  expect(await options.store.list()).toEqual([])
})

test('a run saves those of its lanes that can be, and says which', async () => {
  await using stack = await MemoryStack.open(new Refusing())
  for (const item of ['a', 'b']) await stack.keep(item)
  const other = await stack.client.request('lease', {
    holder: { pid: process.pid, what: 'worker', snapshot: 'after-run' },
  })
  const wanted = { name: 'after-run', of: 'all' } as const
  expect(await saveRun(stack.client, wanted, await config(), report)).toEqual([other.id.name])
})

test('a run that was to save all of its lanes says so when there is none', async () => {
  await using stack = await MemoryStack.open()
  await stack.lease('a')
  for (const of of ['failed', 'all'] as const) {
    expect(await saveRun(stack.client, { name: 'after-run', of }, await config(), report)).toEqual([])
  }
  expect(events).toEqual([
    { kind: 'info', subject: 'snapshot', text: 'was not made: no lane is as a test file has left it' },
  ])
})
