import type { Preset } from 'isolane'

/**
 * For `isolane matrix` and `isolaneProjects`, which have several stacks side by side, each with other versions: as small as can
 * be, and gone with its run.
 */
export const migrationMatrix: Preset = { mode: 'shared', keep: 'nothing', leaseTimeout: 180_000 }
