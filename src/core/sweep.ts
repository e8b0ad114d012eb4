import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SweepOptions, Swept } from './contracts.ts'
import { messageOf } from './errors.ts'
import { removePartials } from './record-file.ts'
import { readRuns, sweepUnrecorded } from './run.ts'
import type { RuntimeSet } from './runtime-choice.ts'
import { sweepUp } from './up-record.ts'

/** The folder a run's lane server listens in. */
export function laneServerFolder(runId: string): string {
  return `lanes-${runId}`
}

/**
 * Removes what dead runs left: by the runtimes in use and by those that the records name, then the folders that are left
 * over, the records of stacks that were up, and those of runs that were killed before they were on record.
 */
export async function sweepDeadRuns(
  stateFolder: string,
  runtimes: RuntimeSet,
  options: SweepOptions = {},
): Promise<readonly Swept[]> {
  const runsFolder = join(stateFolder, 'runs')
  if (!options.dry) {
    sweepUnrecorded(runsFolder)
    for (const records of ['environments', 'kept']) removePartials(join(stateFolder, records))
  }
  const named = readRuns(runsFolder)
    .filter(({ alive }) => !alive)
    .flatMap(({ resources }) => resources.map(({ resource }) => resource.runtime))
  for (const name of new Set(named)) if (typeof name === 'string') await runtimes.get(name)
  const swept: Swept[] = []
  for (const runtime of await runtimes.made()) swept.push(...(await runtime.sweep(options)))
  swept.push(...(await sweepFolders(runsFolder, options.dry ?? false)))
  const roots = await sweepUp(stateFolder, options.dry ?? false)
  const records = roots.map((root) => ({
    kind: 'record',
    what: `record of a dead stack of ${root}`,
    removed: !options.dry,
  }))
  return [...swept, ...records]
}

/** Folders of runs that have no processes left, which might still write to them. */
async function sweepFolders(runsFolder: string, dry: boolean): Promise<readonly Swept[]> {
  const swept: Swept[] = []
  for (const run of readRuns(runsFolder)) {
    if (run.alive || run.resources.some(({ resource }) => resource.kind === 'process')) continue
    for (const { resource, release } of run.resources.filter(({ resource: { kind } }) => kind === 'folder')) {
      const folder = String(resource.folder)
      const exists = existsSync(folder)
      const reason = dry ? undefined : await rm(folder, { recursive: true, force: true }).catch(messageOf)
      if (!dry && reason === undefined) release()
      if (exists) {
        const removed = !dry && reason === undefined
        swept.push({ kind: 'folder', what: folder, removed, ...(reason === undefined ? {} : { reason }) })
      }
    }
    if (dry) continue
    for (const { resource, release } of run.resources) if (resource.kind === 'reading') release()
    run.forget()
  }
  return swept
}
