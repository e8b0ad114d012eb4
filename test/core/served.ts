import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { LaneSource } from '../../src/core/held-lane.ts'
import { LanePool } from '../../src/core/lane-pool.ts'
import { LaneServer } from '../../src/core/lane-server.ts'
import type { ReportEvent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'
import { MemoryHost } from './memory-host.ts'

/** A stack without databases, and its lane server. */
export interface Served {
  readonly host: MemoryHost
  readonly pool: LanePool
  readonly server: LaneServer
  readonly source: LaneSource
  readonly events: ReportEvent[]
  /** How often the stack was told that nobody needs it any more. */
  unused(): number
}

/** Ends with the test. */
export async function serve({
  limit = 4,
  isolation,
}: {
  limit?: number
  isolation?: 'instance'
} = {}): Promise<Served> {
  const host = new MemoryHost('memory', isolation)
  const events: ReportEvent[] = []
  const pool = new LanePool({
    hosts: [host],
    limit,
    leaseTimeout: 5_000,
    report: (event) => events.push(event),
    env: () => ({}),
  })
  const status = async () => ({
    name: '',
    root: '',
    runtime: '',
    mode: 'shared' as const,
    services: [],
    pool: pool.status(),
  })
  const run = new Run(mkdtempSync(join(tmpdir(), 'isolane-runs-')), 'test')
  let unused = 0
  const server = await LaneServer.open({
    stack: { run, pool, status, logs: async () => '' },
    unused: () => {
      unused += 1
    },
  })
  onTestFinished(async () => {
    await server.close()
    await pool.close()
    run.end()
  })
  const source = { address: server.address, reset: 'file', keepFailed: true } as const
  return { host, pool, server, source, events, unused: () => unused }
}
