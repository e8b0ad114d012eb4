import type { HeldLane } from './core/held-lane.ts'
import type { RestoreHeldOptions } from './snapshots/restore-held.ts'

export type { RestoreHeldOptions as RestoreOptions }

/** Makes a lane what a snapshot on disk holds. */
export type RestoreSaved = (held: HeldLane, nameOrPath: string, options?: RestoreHeldOptions) => Promise<void>

/** Loads what it needs when it is needed: most tests restore nothing from disk. */
export const restoreSaved: RestoreSaved = async (held, nameOrPath, options) => {
  const { restoreHeld } = await import('./snapshots/restore-held.ts')
  await restoreHeld(held, nameOrPath, options)
}
