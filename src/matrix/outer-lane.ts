import type { ResolvedConfig } from '../core/config.ts'
import { nowhereEnvironment } from '../core/lane-environment.ts'
import type { ProcessVariables } from '../core/process-variables.ts'
import { sourceNames } from '../core/source-variable.ts'

/**
 * Removes what leads to the lane that this process itself runs on, as under `isolane exec`: a command that found it would
 * take that lane, of other versions, in place of a stack of its own.
 */
export function withoutOuterLane(
  config: ResolvedConfig,
  environment: NodeJS.ProcessEnv = process.env,
): ProcessVariables {
  const sources = sourceNames(environment)
  if (sources.length === 0) return {}
  const names = [...sources, ...Object.keys(nowhereEnvironment(config))]
  return Object.fromEntries(names.map((name) => [name, undefined]))
}
