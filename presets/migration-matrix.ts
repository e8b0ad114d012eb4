import type { Preset } from 'isolane'

/** One of several stacks side by side, each with other versions: as small as can be, and gone with its run. */
export const migrationMatrix: Preset = { mode: 'shared', keep: 'nothing', leaseTimeout: 180_000 }
