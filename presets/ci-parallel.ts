import type { Preset } from 'isolane'

/** CI, in shards or not: a server of its own for each worker and service, and nothing outlives the run. */
export const ciParallel: Preset = { mode: 'isolated', keep: 'nothing', leaseTimeout: 180_000 }
