import { join } from 'node:path'
import type { ResolvedConfig } from './core/config.ts'
import { IsolaneError } from './core/errors.ts'
import { startingFrom } from './core/start-state.ts'
import type { ChosenLane } from './snapshots/chosen-lane.ts'
import { SnapshotStore } from './snapshots/store.ts'

/**
 * The same config with lanes that begin with a lane of a snapshot. What is opened for it is held until this process ends.
 * @throws ISOLANE_SNAPSHOT_NOT_FOUND, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_OPTION_INVALID when there is no such lane, or none is
 * named of several
 */
export async function fromSnapshot(
  config: ResolvedConfig,
  { path, lane: wanted }: ChosenLane,
): Promise<ResolvedConfig> {
  const opened = await SnapshotStore.of(config).open(path)
  hold(opened)
  const { name, folder, manifest } = opened
  const lanes = Object.keys(manifest.lanes)
  const lane = wanted ?? (lanes.length === 1 ? lanes[0] : undefined)
  const saved = lane === undefined ? undefined : manifest.lanes[lane]
  if (lane !== undefined && saved) return startingFrom(config, join(folder, lane), saved.services)
  const what =
    wanted === undefined ? `${lanes.length} lanes, and a stack begins with one` : `no lane ${JSON.stringify(wanted)}`
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The snapshot ${name} has ${what}`,
    remedy: `choose from ${lanes.join(', ')}: by --lane, or as in ISOLANE_FROM_SNAPSHOT=${name}#${lanes[0]}`,
  })
}

const held: AsyncDisposable[] = []

/** Until this process ends: the next run need not clear up after it then. */
function hold(opened: AsyncDisposable): void {
  if (held.length === 0) process.once('exit', () => held.forEach((each) => void each[Symbol.asyncDispose]()))
  held.push(opened)
}
