import { type Command, Option } from 'commander'
import { addExport } from './export.ts'
import { addImport } from './import.ts'
import { addKey } from './key.ts'

export function addTemplate(program: Command): void {
  const template = program
    .command('template')
    .description('take the migrated and seeded state that lanes begin with to other machines')
  for (const add of [addExport, addImport, addKey]) add(template)
  for (const command of template.commands) command.addOption(new Option('-C, --root <folder>').hideHelp())
}
