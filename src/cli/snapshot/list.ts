import type { Command } from 'commander'
import { type SnapshotEntry, SnapshotStore } from '../../snapshots/store.ts'
import { projectConfig } from '../project.ts'
import { snapshotRows } from './describe.ts'
import { printJson, printLines } from './text.ts'

export function addList(snapshot: Command): void {
  snapshot
    .command('list')
    .description('show which snapshots there are, newest first')
    .option('--json', 'print JSON', false)
    .action((flags: { json: boolean }, command: Command) => list(flags, command))
}

async function list({ json }: { readonly json: boolean }, command: Command): Promise<void> {
  const store = SnapshotStore.of(await projectConfig(command))
  const { folder } = store
  const entries = await store.list()
  if (json) printJson({ folder, snapshots: entries.map(plain) })
  else if (entries.length === 0) printLines([`There are no snapshots in ${folder}`])
  else printLines([...snapshotRows(entries), '', `They are in ${folder}`])
}

function plain({ name, folder, bytes, manifest, problem }: SnapshotEntry) {
  if (!manifest) return { name, folder, bytes, problem }
  const { createdAt, named, reason, lanes } = manifest
  return { name, folder, bytes, createdAt, named, reason, lanes: Object.keys(lanes) }
}
