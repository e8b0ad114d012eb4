/** A short form of `npm run bench scaling`: every lease is counted, every lane has one holder. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runWorkers } from '../../bench/lane-workers.ts'
import { LanePool } from '../../src/core/lane-pool.ts'
import { LaneServer } from '../../src/core/lane-server.ts'
import { silent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'
import { MemoryHost } from './memory-host.ts'

test.each(['shared', 'instance'] as const)(
  '1,000 workers on 400 lanes, isolation: %s: none lost, none shared',
  async (isolation) => {
    const host = new MemoryHost('memory', isolation)
    const pool = new LanePool({ hosts: [host], limit: 400, leaseTimeout: 60_000, report: silent, env: () => ({}) })
    const folder = mkdtempSync(join(tmpdir(), 'isolane-workers-'))
    const stack = {
      run: new Run(join(folder, 'runs'), 'test'),
      pool,
      logs: async () => '',
      status: async () => {
        throw new Error('nobody asks for it')
      },
    }
    const server = await LaneServer.open({ stack })
    const heldFolder = mkdtempSync(join(folder, 'held-'))
    const orders = { address: server.address, heldFolder, workers: 1_000, turns: 3, resetsPerTurn: 1, pause: 1 }
    const { leases, resets, failures } = await runWorkers(orders, 2)
    expect(failures).toEqual([])
    expect(leases).toHaveLength(3_000)
    expect(resets).toHaveLength(3_000)
    expect(readdirSync(heldFolder)).toEqual([])

    await expect.poll(() => pool.status().lanes.some(({ phase }) => phase === 'leased')).toBe(false)
    const { leases: counted, peak, lanes } = pool.status()
    expect(counted.count).toBe(3_000)
    expect(peak).toBeLessThanOrEqual(400)
    expect(lanes.length).toBeLessThanOrEqual(400)
    await server.close()
    await pool.close()
    rmSync(folder, { recursive: true, force: true })
  },
)
