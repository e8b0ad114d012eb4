import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LaneId, SnapshotSupport, StateReader, StateSummary, StateWriter } from '../../../../src/core/contracts.ts'
import type { RedisSession } from '../../../../src/services/redis/session.ts'

type Session = Pick<RedisSession, 'snapshots'>

/** A state in memory, as it would be on disk. */
export class MemoryState implements StateWriter, StateReader {
  readonly files = new Map<string, Buffer>()

  async write(name: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    this.files.set(name, Buffer.concat(await Array.fromAsync(content)))
  }

  /** In pieces that end anywhere. */
  async *read(name: string): AsyncIterable<Uint8Array> {
    const content = this.files.get(name) ?? Buffer.alloc(0)
    for (let from = 0; from < content.length; from += 65_537) yield content.subarray(from, from + 65_537)
  }
}

export interface Saved {
  readonly state: MemoryState
  readonly summary: StateSummary
}

export function supportOf({ snapshots }: Session): SnapshotSupport {
  if ('unsupported' in snapshots) throw new Error(snapshots.unsupported)
  return snapshots
}

export async function save(session: Session, lane: LaneId): Promise<Saved> {
  const state = new MemoryState()
  return { state, summary: await supportOf(session).save(lane, state) }
}

/** As the pool does it. */
export async function load(session: Session, lane: LaneId, { state, summary }: Saved): Promise<void> {
  await using loaded = await supportOf(session).load(lane, state, summary)
  await loaded.swap()
}

export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'isolane-redis-snapshot-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
