import { join } from 'node:path'
import type { Swept } from './contracts.ts'
import { sweepUnrecorded } from './run.ts'
import { sweepUp } from './up-record.ts'

/** The folder a run's lane server listens in. */
export function laneServerFolder(runId: string): string {
  return `lanes-${runId}`
}

/**
 * Removes what no runtime knows of: records of stacks that were up, and of runs that were killed before they were on
 * record. Processes and folders of dead runs are left to the runtimes' sweeps. With `dry`, only tells.
 */
export async function sweepCore(stateFolder: string, dry: boolean): Promise<readonly Swept[]> {
  if (!dry) sweepUnrecorded(join(stateFolder, 'runs'))
  const roots = await sweepUp(stateFolder, dry)
  return roots.map((root) => ({ kind: 'record', what: `record of a dead stack of ${root}`, removed: !dry }))
}
