import type { Command } from 'commander'
import { isolaneCommand } from '../core/isolane-command.ts'
import { wipe as wipeEnvironment } from '../environments/acts.ts'
import { environmentOf, isAllowed, withStackUp } from './environment-acts.ts'
import { printLines } from './snapshot/text.ts'
import { clearProgress } from './terminal-report.ts'

export function addWipe(program: Command): void {
  program
    .command('wipe')
    .description('make an environment what migrations and seed make; what is there is saved first')
    .argument('<environment>', 'such as dev; asks for `DELETE DEV DATA` to be typed')
    .option('-y, --yes', 'do not ask, off a terminal; not for environments that are protected', false)
    .action((environment: string, { yes }: { yes: boolean }, command: Command) => wipe(environment, yes, command))
}

async function wipe(name: string, yes: boolean, command: Command): Promise<void> {
  await withStackUp(command, async (on) => {
    const environment = await environmentOf(on.client, name)
    const what = `All that is in ${name} goes; it is saved first, and then is what migrations and seed make.`
    if (!(await isAllowed(on, 'wipe', environment, what, yes))) return
    const snapshot = await wipeEnvironment(on, 'wipe', name)
    clearProgress()
    printLines([
      `${name} is what migrations and seed make now. What was there before is the snapshot ${snapshot}; this undoes it:`,
      `  ${isolaneCommand(on.config.root)} undo ${name}`,
    ])
  })
}
