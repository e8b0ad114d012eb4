import type { Command } from 'commander'
import { isolaneCommand } from '../../core/isolane-command.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { projectConfig } from '../project.ts'
import { manifestLines, restoreLine } from './describe.ts'
import { printJson, printLines } from './text.ts'

export function addShow(snapshot: Command): void {
  snapshot
    .command('show')
    .description('show what a snapshot holds')
    .argument('<snapshot>', 'its name, or the path of a folder or an archive')
    .option('--json', 'print its manifest, as JSON', false)
    .action((snapshot: string, flags: { json: boolean }, command: Command) => show(snapshot, flags, command))
}

async function show(nameOrPath: string, { json }: { readonly json: boolean }, command: Command): Promise<void> {
  const config = await projectConfig(command)
  await using snapshot = await SnapshotStore.of(config).open(nameOrPath)
  if (json) printJson(snapshot.manifest)
  else
    printLines([
      ...manifestLines(snapshot),
      '',
      restoreLine(isolaneCommand(config.root), nameOrPath, snapshot.manifest),
    ])
}
