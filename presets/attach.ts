import type { Preset } from 'isolane'

/** Servers that run already, found by their usual variables where the config gives no `url`. */
export const attach: Preset = { runtime: 'attach', mode: 'shared', keep: 'nothing' }
