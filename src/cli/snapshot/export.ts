import type { Command } from 'commander'
import { IsolaneError } from '../../core/errors.ts'
import { packSnapshot } from '../../snapshots/archive.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { projectConfig } from '../project.ts'
import { restoreLine } from './describe.ts'
import { printLines } from './text.ts'

export function addExport(snapshot: Command): void {
  snapshot
    .command('export')
    .description('write a snapshot into one file, to be taken elsewhere')
    .argument('<snapshot>', 'its name, or the path of a folder')
    .argument('<file>', 'what to write: NAME.tar')
    .action((snapshot: string, file: string, _flags: unknown, command: Command) => exportTo(snapshot, file, command))
}

async function exportTo(nameOrPath: string, file: string, command: Command): Promise<void> {
  if (!file.endsWith('.tar')) throw noArchive(file)
  await using snapshot = await SnapshotStore.of(await projectConfig(command)).open(nameOrPath)
  await packSnapshot(snapshot, file)
  printLines([`Wrote ${file}`, restoreLine('isolane', file, snapshot.manifest)])
}

function noArchive(file: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${file} does not end with .tar`,
    remedy: 'name it so: that tells an archive from the name of a snapshot',
  })
}
