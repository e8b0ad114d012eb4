import { join } from 'node:path'
import { IsolaneError } from '../core/errors.ts'
import { harmlessLine } from '../core/harmless.ts'
import type { SavedLane } from '../core/lane-states.ts'
import { logged } from './acts.ts'
import type { OpenSnapshot } from './open-snapshot.ts'
import { type VerifyStep, verify } from './verify.ts'

/** What has just been done: each file was verified, then the lane was loaded. */
export type RestoreStep =
  | ({ readonly kind: 'verified' } & VerifyStep)
  | { readonly kind: 'loading' | 'loaded'; readonly lane: string }

export interface RestoreOptions {
  readonly snapshot: OpenSnapshot
  /** The snapshot's lane. Default: the only one. */
  readonly from?: string
  /** That was done just now: only what is loaded is read again. Default: false. */
  readonly verified?: boolean
  /** `HeldLane.loadState`, or the request of that name. */
  load(folder: string, saved: SavedLane): Promise<void>
  readonly onStep?: (step: RestoreStep) => void
}

/**
 * Of a lane's services, those that a snapshot leaves as they are, a line for each that says why.
 * @param saved of the snapshot's lane
 */
export function leftAlone(services: readonly string[], saved: SavedLane): readonly string[] {
  return services.flatMap((service) => {
    const part = saved[service]
    if (part && 'files' in part) return []
    const why = part ? `it could not be saved (${part.unsupported})` : 'the snapshot has nothing of it'
    return [harmlessLine(`${service} stays as it was: ${why}`)]
  })
}

/**
 * Makes a lane what was saved: everything is verified first, and when anything fails the lane is as it was.
 * @throws ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_SNAPSHOT_REFUSED, ISOLANE_SNAPSHOT_UNSUPPORTED, ISOLANE_OPTION_INVALID,
 * ISOLANE_RESTORE_FAILED
 */
export async function restoreIntoLane(options: RestoreOptions): Promise<void> {
  const { snapshot, from, verified = false, load, onStep } = options
  await logged('restore', snapshot.name, async () => {
    const lane = laneOf(snapshot, from)
    const services = snapshot.manifest.lanes[lane]?.services ?? {}
    if (!Object.values(services).some((service) => 'files' in service)) throw nothingSaved(snapshot, lane)
    if (!verified) await verify(snapshot, { onStep: (step) => onStep?.({ kind: 'verified', ...step }) })
    onStep?.({ kind: 'loading', lane })
    await load(join(snapshot.folder, lane), services)
    onStep?.({ kind: 'loaded', lane })
  })
}

/** @throws ISOLANE_OPTION_INVALID */
function laneOf({ name, manifest }: OpenSnapshot, from: string | undefined): string {
  const lanes = Object.keys(manifest.lanes)
  const [only] = lanes
  if (from === undefined && lanes.length === 1 && only !== undefined) return only
  if (from !== undefined && lanes.includes(from)) return from
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The snapshot ${name} has ${from === undefined ? `${lanes.length} lanes` : `no lane ${JSON.stringify(from)}`}`,
    remedy: `choose from ${lanes.join(', ')}`,
  })
}

function nothingSaved({ name }: OpenSnapshot, lane: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_UNSUPPORTED',
    message: `The snapshot ${name} has nothing of ${lane}: none of its services could be saved`,
    remedy: '`isolane snapshot show` gives the reasons',
  })
}
