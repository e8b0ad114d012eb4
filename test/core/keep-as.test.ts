import { expect, test } from 'vitest'
import { LanePool } from '../../src/core/lane-pool.ts'
import { silent } from '../../src/core/report.ts'
import { MemoryHost } from './memory-host.ts'

test('a lane that a person wants to look into is kept, whoever left it, and beyond half of the lanes', async () => {
  const pool = new LanePool({
    hosts: [new MemoryHost()],
    limit: 2,
    leaseTimeout: 5_000,
    report: silent,
    env: () => ({}),
  })
  const own = await pool.lease({ pid: process.pid, what: 'restoring' })
  const left = await pool.lease({ pid: process.pid, what: 'worker', snapshot: 'tonight' })
  expect(() => pool.keepAs(left.id.name, 'snapshot a', own.id.number)).toThrow(/is in use by worker/)
  pool.release(left.id.number)
  pool.keepAs(left.id.name, 'snapshot a')
  pool.keepAs(own.id.name, 'snapshot b', own.id.number)
  pool.release(own.id.number)
  const lanes = () =>
    pool.status().lanes.map(({ name, phase, failedTest, snapshot }) => [name, phase, failedTest, snapshot])
  expect(lanes()).toEqual([
    ['lane-1', 'kept', 'snapshot b', undefined],
    ['lane-2', 'kept', 'snapshot a', undefined],
  ])
  pool.keepAs(left.id.name, 'snapshot c')
  expect(lanes()[1]).toEqual(['lane-2', 'kept', 'snapshot c', undefined])
  pool.letGo(left.id.name)
  expect(() => pool.keepAs(left.id.name, 'snapshot d')).toThrow(/no leased or kept lane "lane-2"/)
  await pool.close()
})
