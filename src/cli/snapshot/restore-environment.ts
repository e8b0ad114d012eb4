import type { EnvironmentStatus } from '../../core/environment-status.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import type { LaneClient } from '../../core/lane-client.ts'
import { bringBack } from '../../environments/acts.ts'
import { isAllowed } from '../environment-acts.ts'
import { clearProgress, terminalReport } from '../terminal-report.ts'
import type { Restoring } from './restore.ts'
import { printLines } from './text.ts'

/**
 * Into an environment, as its protection allows: what is there is saved first, so that it can be had back.
 * @param lane of the snapshot
 * @throws ISOLANE_ENVIRONMENT_PROTECTED, ISOLANE_RESTORE_FAILED
 */
export async function restoreEnvironment(
  { config, store, snapshot, named, signal }: Restoring,
  client: LaneClient,
  lane: string,
  environment: EnvironmentStatus,
  yes: boolean,
): Promise<void> {
  const { name } = environment
  const acting = { config, store, client, report: terminalReport(), signal }
  const what = `All that is in ${name} goes; it is saved first, and then is what ${lane} of ${snapshot.name} holds.`
  if (!(await isAllowed(acting, 'restore', environment, what, yes))) return
  const before = await bringBack(acting, 'restore', name, { snapshot, lane, named })
  clearProgress()
  printLines([
    `${lane} of ${snapshot.name} is in ${name} now. What was there before is the snapshot ${before}; this undoes it:`,
    `  ${isolaneCommand(config.root)} undo ${name}`,
  ])
}
