import type { Plugin } from 'vitest/config'
import type { Services, StackConfig } from '../../core/config.ts'
import { pluginFor } from './plugin.ts'

export type { LaneSource } from '../../core/held-lane.ts'
export type { LaneServerAddress } from '../../core/lane-protocol.ts'
export { isolaneProjects, type MatrixOf, type MatrixProject, type ProjectsOptions } from './projects.ts'
export type { ProvidedIsolane } from './provided.ts'

/**
 * Gives every Vitest worker its own lane: `plugins: [isolane()]`.
 *
 * Adds the global set-up, puts the lane's set-up file before the user's own, and has set-up files run one after the
 * other, so that no client is made before the lane's environment is there.
 *
 * @param options the stack, inline; without it `isolane.config.ts` is loaded from the project's root or above it.
 */
export function isolane<const S extends Services>(options?: StackConfig<S>): Plugin {
  return pluginFor({ options })
}
