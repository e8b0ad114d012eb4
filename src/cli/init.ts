import type { Command } from 'commander'
import { projectFolder } from './project.ts'

export function addInit(program: Command): void {
  program
    .command('init')
    .description('set a project up: config, runner, scripts; shows the changes, then writes them')
    .option('-y, --yes', 'write without asking', false)
    .action(async ({ yes }: { yes: boolean }, command: Command) => {
      const { init } = await import('./init/run.ts')
      await init(projectFolder(command), yes)
    })
}
