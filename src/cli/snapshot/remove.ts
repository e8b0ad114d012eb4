import type { Command } from 'commander'
import { IsolaneError } from '../../core/errors.ts'
import { removeSnapshot } from '../../snapshots/remove.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { projectConfig } from '../project.ts'
import { confirmed } from './asking.ts'
import { ageText, printLines, sizeText } from './text.ts'

export function addRemove(snapshot: Command): void {
  snapshot
    .command('remove')
    .description('remove a snapshot, also a damaged one')
    .argument('<name>', 'as in `isolane snapshot list`')
    .option('-y, --yes', 'do not ask', false)
    .action((name: string, { yes }: { yes: boolean }, command: Command) => remove(name, yes, command))
}

async function remove(name: string, yes: boolean, command: Command): Promise<void> {
  const store = SnapshotStore.of(await projectConfig(command))
  const entry = (await store.list()).find((each) => each.name === name)
  if (!entry) throw notThere(name, store)
  const age = entry.manifest ? `, made ${ageText(entry.manifest.createdAt)} ago` : ', which is damaged'
  if (!(await confirmed(`Remove ${name} (${sizeText(entry.bytes)}${age})?`, yes))) return
  await removeSnapshot(entry)
  printLines([`Removed ${name}.`])
}

function notThere(name: string, { folder }: SnapshotStore): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_NOT_FOUND',
    message: `There is no snapshot ${JSON.stringify(name)} in ${folder}`,
    remedy: '`isolane snapshot list` shows what there is',
  })
}
