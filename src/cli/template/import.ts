import type { Command } from 'commander'
import { importTemplates } from '../../snapshots/templates/import.ts'
import { printLines } from '../snapshot/text.ts'
import { clearProgress } from '../terminal-report.ts'
import { withTemplates } from './plan.ts'

export function addImport(template: Command): void {
  template
    .command('import')
    .description('have the next run begin with the templates of a file, instead of migrating and seeding')
    .argument('<file>', 'one that `template export` has written')
    .action((file: string, _flags: unknown, command: Command) =>
      withTemplates(command, async (plan) => {
        const services = Object.entries(await importTemplates(plan, file))
        clearProgress()
        printLines(services.map(([name, isNew]) => `${name}: ${isNew ? 'imported' : 'was here already'}`))
      }),
    )
}
