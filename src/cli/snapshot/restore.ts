import type { Command } from 'commander'
import type { ResolvedConfig } from '../../core/config.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { OpenSnapshot } from '../../snapshots/open-snapshot.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { verifySnapshot } from '../../snapshots/verify.ts'
import { projectConfig } from '../project.ts'
import { endOnSignals } from '../signals.ts'
import { terminalReport } from '../terminal-report.ts'
import { chooseSnapshot } from './choose.ts'
import { restoreBeside } from './restore-beside.ts'
import { restoreOver } from './restore-over.ts'
import { collect } from './text.ts'

interface RestoreFlags {
  readonly lane?: readonly string[]
  readonly into?: string
  readonly yes: boolean
}

/** What is to come back, and for which project. */
export interface Restoring {
  readonly config: ResolvedConfig
  readonly store: SnapshotStore
  readonly snapshot: OpenSnapshot
  /** Its name or path, as it was given. */
  readonly named: string
  readonly signal: AbortSignal
}

export function addRestore(snapshot: Command): void {
  snapshot
    .command('restore')
    .description('bring a snapshot back into lanes that are kept then, or into one that is kept already')
    .argument('[snapshot]', 'its name, or the path of a folder or an archive; asked for when left out')
    .option('--lane <lane>', 'only this one of the snapshot; may be repeated', collect)
    .option(
      '--into <lane>',
      'an environment, or a lane that is kept or was left: what is there is saved first, then replaced',
    )
    .option('-y, --yes', 'do not ask', false)
    .action((snapshot: string | undefined, flags: RestoreFlags, command: Command) => restore(snapshot, flags, command))
}

async function restore(nameOrPath: string | undefined, flags: RestoreFlags, command: Command): Promise<void> {
  const { signal } = endOnSignals()
  const config = await projectConfig(command)
  const store = SnapshotStore.of(config)
  const chosen = nameOrPath ?? (await chooseSnapshot(store))
  if (chosen === undefined) return
  await using snapshot = await store.open(chosen)
  const lanes = lanesOf(snapshot, flags.lane)
  terminalReport()({ kind: 'progress', subject: 'snapshot', text: `verifying ${snapshot.name}` })
  await verifySnapshot(snapshot, { onStep: () => signal.throwIfAborted() })
  const restoring = { config, store, snapshot, named: chosen, signal }
  if (flags.into === undefined) await restoreBeside(restoring, lanes)
  else await restoreOver(restoring, onlyOne(snapshot, lanes), flags.into, flags.yes)
}

/** @throws ISOLANE_OPTION_INVALID for one that the snapshot has not */
function lanesOf({ name, manifest }: OpenSnapshot, wanted: readonly string[] | undefined): readonly string[] {
  const lanes = Object.keys(manifest.lanes)
  const missing = wanted?.find((lane) => !lanes.includes(lane))
  if (missing === undefined) return wanted ?? lanes
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The snapshot ${name} has no lane "${missing}"`,
    remedy: `choose from ${lanes.join(', ')}`,
  })
}

/** @throws ISOLANE_OPTION_INVALID */
function onlyOne({ name }: OpenSnapshot, lanes: readonly string[]): string {
  const [lane] = lanes
  if (lane !== undefined && lanes.length === 1) return lane
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `Of the snapshot ${name}, ${lanes.join(', ')} can't all go into one lane`,
    remedy: 'choose one of them with --lane',
  })
}
