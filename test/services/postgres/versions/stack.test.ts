import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { configOf, runtimes } from '../../../../src/builtin.ts'
import type { StackConfig } from '../../../../src/core/config.ts'
import { HeldLane } from '../../../../src/core/held-lane.ts'
import { LaneClient } from '../../../../src/core/lane-client.ts'
import { silent } from '../../../../src/core/report.ts'
import { openStackHandle, type StackHandle } from '../../../../src/core/stack-handle.ts'
import { type PostgresLane, postgres } from '../../../../src/services/postgres/index.ts'
import { createSnapshot } from '../../../../src/snapshots/create.ts'
import { SnapshotStore } from '../../../../src/snapshots/store.ts'
import { long } from '../../../long.ts'
import { inLane } from '../attach-lane.ts'
import { signal, temporaryFolder } from '../harness.ts'

const seed = `CREATE TABLE item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text); INSERT INTO item (name) VALUES ('seeded')`

afterEach(() => {
  vi.unstubAllEnvs()
})

interface Lanes {
  readonly orders: PostgresLane
  readonly own: PostgresLane
}

test.skipIf(long)(
  `every lane of a stack begins with a snapshot of older versions, and is reset in place${long}`,
  { timeout: 120_000 },
  async () => {
    const root = temporaryFolder()
    writeFileSync(join(root, 'seed.sql'), seed)
    const inline: StackConfig = {
      runtime: 'native',
      mode: 'shared',
      services: {
        orders: postgres({ version: '15', seed: 'seed.sql' }),
        own: postgres({ version: '13', seed: 'seed.sql', isolation: 'instance' }),
      },
    }
    await saveUsed(root, inline)
    vi.stubEnv('ISOLANE_FROM_SNAPSHOT', 'used')
    vi.stubEnv('ISOLANE_VERSIONS', 'orders=18')
    // Neither is run: lanes begin with what was saved.
    writeFileSync(join(root, 'seed.sql'), 'SELECT 1/0')
    const handle = await open(root, inline, 2)
    try {
      const [first, second] = await Promise.all([1, 2].map((number) => lease(handle, number)))
      for (const held of [first, second]) {
        if (!held) continue
        const { orders, own } = lanesOf(held)
        expect([orders.version, own.version].map((version) => version.split('.')[0])).toEqual(['18', '13'])
        const before = await oids([orders, own])
        for (const _time of [1, 2]) {
          for (const lane of [orders, own]) {
            expect(await namesIn(lane)).toEqual(['seeded', 'used'])
            expect(await inLane(lane, `INSERT INTO item (name) VALUES ('dirty') RETURNING id`)).toEqual([{ id: 3 }])
            await inLane(lane, `UPDATE item SET name = 'x' WHERE id = 1; DELETE FROM item WHERE id = 2`)
          }
          await held.reset()
        }
        // The same databases: only rows were put back, as in lanes of any template.
        expect(await oids([orders, own])).toEqual(before)
        await inLane(orders, 'DROP TABLE item')
        held.release()
      }
      const again = await Promise.all([1, 2].map((number) => lease(handle, number)))
      for (const held of again) {
        for (const lane of Object.values(lanesOf(held))) expect(await namesIn(lane)).toEqual(['seeded', 'used'])
        held.release()
      }
    } finally {
      await handle.close()
      rmSync(root, { recursive: true, force: true })
    }
  },
)

/** Has a lane used, and saved as the snapshot `used`. */
async function saveUsed(root: string, inline: StackConfig): Promise<void> {
  const config = await configOf(root, inline)
  const handle = await open(root, inline, 1)
  const held = await lease(handle, 1)
  const client = await LaneClient.connect(handle.source.address)
  try {
    for (const lane of Object.values(lanesOf(held))) await inLane(lane, `INSERT INTO item (name) VALUES ('used')`)
    await createSnapshot({
      store: SnapshotStore.of(config),
      client,
      name: 'used',
      lanes: [held.lane.id.name],
      reason: 'test',
      stack: config.name,
      report: silent,
    })
  } finally {
    client.close()
    held.release()
    await handle.close()
  }
}

async function open(root: string, inline: StackConfig, workers: number): Promise<StackHandle> {
  return openStackHandle({ config: await configOf(root, inline), runtimes, workers, report: silent, signal })
}

function lease({ source }: StackHandle, number: number): Promise<HeldLane> {
  return HeldLane.lease(source, { what: `worker ${number}`, number })
}

function lanesOf({ lane }: HeldLane): Lanes {
  return lane.endpoints as unknown as Lanes
}

async function namesIn(lane: PostgresLane): Promise<unknown[]> {
  return (await inLane(lane, 'SELECT name FROM item ORDER BY id')).map(({ name }) => name)
}

function oids(lanes: readonly PostgresLane[]): Promise<unknown[]> {
  return Promise.all(
    lanes.map((lane) => inLane(lane, 'SELECT oid FROM pg_database WHERE datname = current_database()')),
  )
}
