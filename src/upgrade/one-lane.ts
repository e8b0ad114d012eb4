import type { ResolvedConfig } from '../core/config.ts'
import { HeldLane } from '../core/held-lane.ts'
import type { Lane } from '../core/lane.ts'
import { LaneClient } from '../core/lane-client.ts'
import type { Report } from '../core/report.ts'
import type { Runtimes } from '../core/runtime-choice.ts'
import type { ServiceStatus } from '../core/service-host.ts'
import { openStackHandle, type StackHandle } from '../core/stack-handle.ts'
import { createSnapshot } from '../snapshots/create.ts'
import type { OpenSnapshot } from '../snapshots/open-snapshot.ts'
import type { SnapshotStore } from '../snapshots/store.ts'

export interface OneLaneOptions {
  readonly config: ResolvedConfig
  readonly runtimes: Runtimes
  /** For whom the lane is, for people: `isolane upgrade`. */
  readonly what: string
  readonly report: Report
  readonly signal: AbortSignal
}

export interface SaveOptions {
  readonly store: SnapshotStore
  /** Default: one made of the time. */
  readonly name?: string
  /** Whether it stays until somebody removes it. Default: whether there is a name. */
  readonly named?: boolean
  /** Why, for people. */
  readonly reason: string
}

/** A stack in this process with its only lane leased. Disposed of, its servers are gone. */
export interface OneLane extends AsyncDisposable {
  readonly lane: Lane
  readonly services: readonly ServiceStatus[]
  /** Saves the lane as it is now. @throws as `createSnapshot` does */
  save(options: SaveOptions): Promise<OpenSnapshot>
}

/**
 * Opens a stack of its own for one lane, whatever the config says of runs, and whichever stack is up.
 * @throws as `openStackHandle` and a lease do
 */
export async function openOneLane(options: OneLaneOptions): Promise<OneLane> {
  const { config, runtimes, what, report, signal } = options
  const single: ResolvedConfig = { ...config, mode: 'shared', lanes: 1, reset: 'never', keep: 'nothing' }
  const handle = await openStackHandle({ config: single, runtimes, workers: 1, attach: false, report, signal })
  try {
    const held = await HeldLane.lease(handle.source, { what })
    signal.throwIfAborted()
    const { services } = await handle.status()
    return {
      lane: held.lane,
      services,
      save: (saving) => save(handle, held.lane, saving, options),
      [Symbol.asyncDispose]: async () => {
        held.release()
        await handle.close()
      },
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function save(
  { source }: StackHandle,
  { id }: Lane,
  saving: SaveOptions,
  { config, report, signal }: OneLaneOptions,
): Promise<OpenSnapshot> {
  const client = await LaneClient.connect(source.address)
  try {
    return await createSnapshot({ ...saving, client, lanes: [id.name], stack: config.name, report, signal })
  } finally {
    client.close()
  }
}
