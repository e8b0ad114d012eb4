import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LaneId, SnapshotSupport, StateSummary, StateWriter } from '../../../../src/core/contracts.ts'
import { StateFolderReader, StateFolderWriter } from '../../../../src/core/state-files.ts'

export interface Saved extends Disposable {
  readonly folder: string
  readonly summary: StateSummary
  reader(): StateFolderReader
}

/** A lane's state in a folder of its own, as a snapshot has it. */
export function save(snapshots: SnapshotSupport, lane: LaneId): Promise<Saved> {
  return saveBy((files) => snapshots.save(lane, files))
}

/** What is saved in another way, in the same form. */
export async function saveBy(work: (files: StateWriter) => Promise<StateSummary> | undefined): Promise<Saved> {
  const folder = mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
  const writer = new StateFolderWriter(folder)
  const summary = await work(writer)
  if (!summary) throw new Error('there is no way to save it')
  return {
    folder,
    summary,
    reader: () => new StateFolderReader(folder, writer.files),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

/** Brings it back into a lane, for good. */
export async function load(snapshots: SnapshotSupport, lane: LaneId, saved: Saved): Promise<void> {
  await using loaded = await snapshots.load(lane, saved.reader(), saved.summary)
  await loaded.swap()
}
