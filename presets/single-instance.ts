import type { Preset } from 'isolane'

/** Local runs on one long-lived stack: the first brings it up, it stays up, and the next ones attach in milliseconds. */
export const singleInstance: Preset = { mode: 'shared', keep: 'stack' }
