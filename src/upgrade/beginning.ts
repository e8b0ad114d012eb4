import { join } from 'node:path'
import type { ResolvedConfig } from '../core/config.ts'
import { IsolaneError } from '../core/errors.ts'
import type { Report } from '../core/report.ts'
import { startingFrom } from '../core/start-state.ts'
import type { OpenSnapshot } from '../snapshots/open-snapshot.ts'
import type { SnapshotStore } from '../snapshots/store.ts'
import { verifySnapshot } from '../snapshots/verify.ts'

/** The user's snapshot that the old side begins with. It is only read; disposed of, it is let go. */
export interface Beginning extends AsyncDisposable {
  readonly config: ResolvedConfig
  readonly start: { readonly snapshot?: string; readonly lane?: string }
  /** @throws ISOLANE_SNAPSHOT_DAMAGED when it is not what it was */
  verify(): Promise<void>
}

export interface BeginningOptions {
  readonly store: SnapshotStore
  /** Name or path. Absent: what the config's migrations and seed make. */
  readonly snapshot?: string
  /** Which lane of it. Default: its only one. */
  readonly lane?: string
  /** Services that are upgraded: of those that it has not, a warning tells. */
  readonly services: readonly string[]
  readonly report: Report
}

/** @throws as `SnapshotStore.open`; ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_OPTION_INVALID for a lane that it has not */
export async function beginWith(config: ResolvedConfig, options: BeginningOptions): Promise<Beginning> {
  const { store, snapshot: nameOrPath, services, report } = options
  if (nameOrPath === undefined) {
    return { config, start: {}, verify: async () => {}, [Symbol.asyncDispose]: async () => {} }
  }
  const snapshot = await store.open(nameOrPath)
  try {
    await verifySnapshot(snapshot)
    const { lane, saved } = laneOf(snapshot, options.lane)
    for (const service of services.filter((each) => !(saved[each] && 'files' in saved[each]))) {
      const text = `is not in the snapshot ${snapshot.name}: it begins with what migrations and seed make`
      report({ kind: 'warning', subject: service, text })
    }
    return {
      config: startingFrom(config, join(snapshot.folder, lane), saved),
      start: { snapshot: nameOrPath, lane },
      verify: () => verifySnapshot(snapshot),
      [Symbol.asyncDispose]: () => snapshot[Symbol.asyncDispose](),
    }
  } catch (error) {
    await snapshot[Symbol.asyncDispose]()
    throw error
  }
}

function laneOf({ name, manifest }: OpenSnapshot, wanted: string | undefined) {
  const lanes = Object.keys(manifest.lanes)
  const [lane = ''] = wanted === undefined ? lanes : [wanted]
  const found = manifest.lanes[lane]
  if (found && (wanted !== undefined || lanes.length === 1)) return { lane, saved: found.services }
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message:
      wanted === undefined
        ? `The snapshot ${name} has ${lanes.length} lanes, and the old side begins with one`
        : `The snapshot ${name} has no lane "${wanted}"`,
    remedy: `choose one: --lane ${lanes.join(', or --lane ')}`,
  })
}
