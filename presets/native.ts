import type { Preset } from 'isolane'

/** Local processes, no Docker. */
export const native: Preset = { runtime: 'native' }
