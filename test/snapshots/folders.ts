import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { chmod, cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stateFolder } from '../../src/core/folders.ts'
import { silent } from '../../src/core/report.ts'
import { Run, readRuns } from '../../src/core/run.ts'
import { RuntimeSet } from '../../src/core/runtime-choice.ts'
import { sweepDeadRuns } from '../../src/core/sweep.ts'
import { createSnapshot } from '../../src/snapshots/create.ts'
import { manifestText } from '../../src/snapshots/manifest.ts'
import { manifestFile } from '../../src/snapshots/names.ts'
import { SnapshotStore } from '../../src/snapshots/store.ts'
import { MemoryStack } from './memory-stack.ts'

export function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), 'isolane-snapshots-'))
}

/** A store with one snapshot of a lane that has these items. */
export async function storeWith(name: string, ...items: readonly string[]): Promise<SnapshotStore> {
  const store = new SnapshotStore(emptyFolder())
  await addSnapshot(store, name, ...items)
  return store
}

export async function addSnapshot(store: SnapshotStore, name: string | undefined, ...items: readonly string[]) {
  await using stack = await MemoryStack.open()
  await stack.lease(...items)
  const options = { lanes: undefined, reason: 'test', stack: 'default', report: silent }
  await using snapshot = await createSnapshot({
    store,
    client: stack.client,
    ...(name === undefined ? {} : { name }),
    ...options,
  })
  return snapshot.name
}

/** The same, with the items of each of several lanes. */
export async function storeWithLanes(name: string, lanes: readonly (readonly string[])[]): Promise<SnapshotStore> {
  await using stack = await MemoryStack.open()
  for (const items of lanes) await stack.lease(...items)
  const store = new SnapshotStore(emptyFolder())
  const options = { lanes: undefined, reason: 'test', stack: 'default', report: silent }
  await using _snapshot = await createSnapshot({ store, client: stack.client, name, ...options })
  return store
}

/** A snapshot's folder that may be changed, away from its store. */
export async function copyOf(store: SnapshotStore, name: string): Promise<string> {
  const folder = join(emptyFolder(), name)
  await cp(join(store.folder, name), folder, { recursive: true })
  for (const file of filesBelow(folder)) await chmod(file, 0o600)
  return folder
}

export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Changes what a manifest says and gives it the right checksum again, as somebody with bad intentions would. */
export function forge(folder: string, change: (manifest: Record<string, never>) => void): void {
  const path = join(folder, manifestFile)
  const { checksum: _, ...manifest } = JSON.parse(readFileSync(path, 'utf8'))
  change(manifest)
  writeFileSync(path, manifestText(manifest))
}

/** What `isolane gc` does, in the state folder of this test file. */
export async function gc(): Promise<void> {
  const run = new Run(join(stateFolder(), 'runs'), 'test')
  await sweepDeadRuns(stateFolder(), new RuntimeSet({}, { run, cacheFolder: '', report: silent }))
  run.end()
}

/** Whatever dead processes have left: in the store, unpacked, and on record. */
export function leftovers(store: SnapshotStore): string[] {
  const list = (folder: string) => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  }
  return [
    ...list(store.folder).filter((name) => name.startsWith('.')),
    ...list(join(stateFolder(), 'unpacked')),
    ...readRuns(join(stateFolder(), 'runs'))
      .filter(({ alive }) => !alive)
      .map(({ id }) => id),
  ]
}
