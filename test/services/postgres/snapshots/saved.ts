import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LaneId, ServiceSession, SnapshotSupport, StateSummary } from '../../../../src/core/contracts.ts'
import { type StateFile, StateFolderReader, StateFolderWriter } from '../../../../src/core/state-files.ts'

export function snapshotsOf({ snapshots }: Pick<ServiceSession, 'snapshots'>): SnapshotSupport {
  if (!snapshots || 'unsupported' in snapshots) throw new Error('the session keeps no states')
  return snapshots
}

/** A lane's state on disk. */
export interface Saved extends Disposable {
  readonly folder: string
  readonly state: StateSummary
  readonly files: readonly StateFile[]
  reader(): StateFolderReader
}

export async function save(session: Pick<ServiceSession, 'snapshots'>, lane: LaneId): Promise<Saved> {
  const folder = mkdtempSync(join(tmpdir(), 'isolane-saved-'))
  const writer = new StateFolderWriter(folder)
  const state = await snapshotsOf(session).save(lane, writer)
  const { files } = writer
  return {
    folder,
    state: JSON.parse(JSON.stringify(state)) as StateSummary,
    files,
    reader: () => new StateFolderReader(folder, files),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Brings a state back, and makes it the lane's. */
export async function restore(
  session: Pick<ServiceSession, 'snapshots'>,
  lane: LaneId,
  { state, reader }: Pick<Saved, 'state' | 'reader'>,
): Promise<void> {
  await using loaded = await snapshotsOf(session).load(lane, reader(), state)
  await loaded.swap()
}
