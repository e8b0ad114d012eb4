import type { Command } from 'commander'
import { withTemplates } from './plan.ts'

export function addKey(template: Command): void {
  template
    .command('key')
    .description(
      'print what names the templates, as a key for a CI cache: another migration, engine or platform, another key',
    )
    .action((_flags: unknown, command: Command) =>
      withTemplates(command, async ({ key }) => {
        process.stdout.write(`${key}\n`)
      }),
    )
}
