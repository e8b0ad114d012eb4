import { type Command, Option } from 'commander'
import { addCreate } from './create.ts'
import { addDiff } from './diff.ts'
import { addExport } from './export.ts'
import { addList } from './list.ts'
import { addPrune } from './prune.ts'
import { addRemove } from './remove.ts'
import { addRestore } from './restore.ts'
import { addShow } from './show.ts'
import { addVerify } from './verify.ts'

export function addSnapshot(program: Command): void {
  const snapshot = program
    .command('snapshot')
    .description('save the states of lanes, look at what was saved, bring it back')
  const all = [addCreate, addList, addShow, addVerify, addRestore, addDiff, addPrune, addExport, addRemove]
  for (const add of all) add(snapshot)
  for (const command of snapshot.commands) command.addOption(new Option('-C, --root <folder>').hideHelp())
}
