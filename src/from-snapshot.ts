import { join } from 'node:path'
import type { ResolvedConfig } from './core/config.ts'
import { IsolaneError } from './core/errors.ts'
import { startingFrom } from './core/start-state.ts'
import { SnapshotStore } from './snapshots/store.ts'

/**
 * The same config with lanes that begin with a snapshot's only lane. What is opened for it is held until this process ends.
 * @param snapshot a name in the project's store, or a path
 * @throws ISOLANE_SNAPSHOT_NOT_FOUND, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_OPTION_INVALID when there are several lanes
 */
export async function fromSnapshot(config: ResolvedConfig, snapshot: string): Promise<ResolvedConfig> {
  const opened = await SnapshotStore.of(config).open(snapshot)
  hold(opened)
  const { name, folder, manifest } = opened
  const [lane, ...others] = Object.entries(manifest.lanes)
  if (lane && others.length === 0) return startingFrom(config, join(folder, lane[0]), lane[1].services)
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The snapshot ${name} has ${others.length + 1} lanes, and a stack can begin with one`,
    remedy: 'make one of a single lane: isolane snapshot create --lane NAME',
  })
}

const held: AsyncDisposable[] = []

/** Until this process ends: the next run need not clear up after it then. */
function hold(opened: AsyncDisposable): void {
  if (held.length === 0) process.once('exit', () => held.forEach((each) => void each[Symbol.asyncDispose]()))
  held.push(opened)
}
