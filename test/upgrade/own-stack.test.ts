/** What a rehearsal starts is its own: it neither uses the stack that is up nor lays one service's failure upon others. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runtimes } from '../../src/builtin.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import { stateFolder } from '../../src/core/folders.ts'
import { HeldLane } from '../../src/core/held-lane.ts'
import { self } from '../../src/core/process-identity.ts'
import { type ReportEvent, silent } from '../../src/core/report.ts'
import { stackFingerprint } from '../../src/core/stack-fingerprint.ts'
import { openStackHandle } from '../../src/core/stack-handle.ts'
import { claimUp, publishUp, removeUp } from '../../src/core/up-record.ts'
import { sqlite } from '../../src/index.ts'
import { SnapshotStore } from '../../src/snapshots/store.ts'
import { tryFresh } from '../../src/upgrade/fresh.ts'
import { openOneLane } from '../../src/upgrade/one-lane.ts'
import type { PlannedUpgrade } from '../../src/upgrade/plan.ts'
import { RehearsalSnapshots } from '../../src/upgrade/rehearsal-snapshots.ts'
import { resultOf } from '../../src/upgrade/result.ts'
import { long } from '../long.ts'

const root = mkdtempSync(join(tmpdir(), 'isolane-own-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const { signal } = new AbortController()

test.skipIf(long)(`an equal stack that is up is left alone, and not talked of${long}`, async () => {
  const config = resolveConfig({ services: { file: sqlite() }, mode: 'shared', lanes: 1, reset: 'never' }, root, {})
  const up = await openStackHandle({ config, runtimes, workers: 1, report: silent, signal })
  const key = { stateFolder: stateFolder(), root, name: config.name }
  const { address } = up.source
  const startedAt = new Date().toISOString()
  const record = { name: config.name, root, owner: self, address, startedAt, logFile: 'none' }
  try {
    const told: ReportEvent[] = []
    for (const fingerprint of [await stackFingerprint(config, signal), 'of another config']) {
      removeUp(key)
      await claimUp(key, { ...record, fingerprint })
      publishUp(key, { ...record, fingerprint })
      const report = (event: ReportEvent) => void told.push(event)
      await using own = await openOneLane({ config, runtimes, what: 'test', report, signal })
      expect(own.lane.endpoints.file).toBeDefined()
      // Its only lane is still to be had.
      ;(await HeldLane.lease(up.source, { what: 'test' })).release()
    }
    expect(told.filter(({ subject }) => subject === 'stack')).toEqual([])
  } finally {
    removeUp(key)
    await up.close()
  }
})

test.skipIf(long)(
  `what fails from nothing is told of its own service, and nothing is tried where there are no steps${long}`,
  async () => {
    writeFileSync(join(root, 'good.sql'), 'CREATE TABLE city (name text)')
    writeFileSync(join(root, 'bad.sql'), 'CREATE TABLE')
    const services = {
      good: sqlite({ migrations: 'good.sql' }),
      bad: sqlite({ migrations: 'bad.sql' }),
      empty: sqlite(),
    }
    const after = resolveConfig({ services }, root, {})
    const planned = (service: string): PlannedUpgrade => ({
      service,
      kind: 'sqlite',
      from: '1',
      to: '2',
      way: { name: 'copy', warnings: [] },
    })
    const plan = { upgrades: ['good', 'bad', 'empty'].map(planned), before: after, after }
    const snapshots = new RehearsalSnapshots(SnapshotStore.of(after), false)
    const tried = await tryFresh(plan, undefined, snapshots, { runtimes, report: silent, signal })
    expect(tried).toEqual({
      good: { schemaDifference: [] },
      bad: { schemaDifference: [], failure: expect.stringContaining('bad.sql') },
    })
  },
)

test('a query fails an upgrade only where it worked before', () => {
  const [works, fails] = [{ milliseconds: 1 }, { failure: 'no' }]
  const result = (before: typeof works | typeof fails, after: typeof works | typeof fails) => {
    const queries = [{ file: 'q.sql', statement: 'SELECT 1', before, after, planDifference: [] }]
    const migrations = { ran: [], milliseconds: 0, failures: [] }
    const upgrade = { service: 'a', kind: 'a', from: '1', to: '2', way: '', warnings: [], migrations, queries }
    return resultOf({ upgrades: [upgrade], others: [] })
  }
  expect([result(works, works), result(fails, fails), result(fails, works), result(works, fails)]).toEqual([
    'same',
    'same',
    'same',
    'failed',
  ])
})
