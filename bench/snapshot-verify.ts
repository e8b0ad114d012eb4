/** Verifying a snapshot beside `sha256sum` over the same files. */

import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { Redis } from 'ioredis'
import { silent } from '../src/core/report.ts'
import { type RedisLane, redis } from '../src/services/redis/index.ts'
import { createSnapshot } from '../src/snapshots/create.ts'
import { SnapshotStore } from '../src/snapshots/store.ts'
import { verifySnapshot } from '../src/snapshots/verify.ts'
import { lease } from './leased.ts'
import type { Row } from './row.ts'
import { median, timed } from './statistics.ts'

const values = 48
const valueBytes = 4 * 2 ** 20
const rounds = 7

export async function benchVerify(): Promise<Row[]> {
  await using leased = await lease({ redis: redis({ version: 'valkey' }) }, 'shared', 1, 'native')
  const [lane] = leased.lanes
  const [client] = leased.clients
  if (!lane || !client) throw new Error('no lane was leased')
  const connection = new Redis((lane.endpoints.redis as RedisLane).url)
  // Of what can't be compressed, so that there is much to read.
  for (let value = 0; value < values; value += 1) await connection.set(`value:${value}`, randomBytes(valueBytes))
  connection.disconnect()
  const folder = await mkdtemp(join(tmpdir(), 'isolane-bench-'))
  try {
    const store = new SnapshotStore(join(folder, 'snapshots'))
    const options = {
      store,
      client,
      lanes: [lane.env.ISOLANE_LANE ?? ''],
      reason: 'bench',
      stack: 'default',
      report: silent,
    }
    await using snapshot = await createSnapshot(options)
    const entries = await readdir(snapshot.folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    const ours: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      theirs.push(await timed(() => execa('sha256sum', files)))
      ours.push(await timed(() => verifySnapshot(snapshot)))
    }
    const speed = (times: readonly number[]) => snapshot.bytes / 1_000 / median(times)
    const ratio = speed(ours) / speed(theirs)
    return [
      {
        what: `a snapshot of ${Math.round(snapshot.bytes / 1_000_000)} MB verified, against sha256sum`,
        ours: speed(ours),
        theirs: speed(theirs),
        ratio,
        unit: 'MB/s',
        target: '≥ 0.8 ×',
        reached: ratio >= 0.8,
      },
    ]
  } finally {
    // Snapshots are read-only.
    await execa('chmod', ['-R', 'u+w', folder])
    await rm(folder, { recursive: true, force: true })
  }
}
