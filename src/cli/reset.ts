import type { Command } from 'commander'
import { isolaneCommand } from '../core/isolane-command.ts'
import { wipe } from '../environments/acts.ts'
import { environmentOf, isAllowed, withStackUp } from './environment-acts.ts'
import { printLines } from './snapshot/text.ts'
import { clearProgress } from './terminal-report.ts'

export function addReset(program: Command): void {
  program
    .command('reset')
    .description('make an environment for tests what migrations and seed make, without asking; for CI')
    .argument('<environment>', 'one with `lanes: true`, such as test')
    .option('--no-snapshot', 'do not save first what is there: then it is gone')
    .action((environment: string, { snapshot }: { snapshot: boolean }, command: Command) =>
      reset(environment, snapshot, command),
    )
}

async function reset(name: string, save: boolean, command: Command): Promise<void> {
  await withStackUp(command, async (on) => {
    const environment = await environmentOf(on.client, name)
    if (!(await isAllowed(on, 'reset', environment, '', false))) return
    const snapshot = await wipe(on, 'reset', name, { save })
    clearProgress()
    const undo =
      snapshot === undefined
        ? 'what was there is gone'
        : `\`${isolaneCommand(on.config.root)} undo ${name}\` brings back what was there`
    printLines([`${name} is what migrations and seed make now; ${undo}.`])
  })
}
