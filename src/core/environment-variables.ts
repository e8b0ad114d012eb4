import type { LaneEndpoints, ResolvedConfig } from './config.ts'
import type { EnvironmentId } from './contracts.ts'
import { serviceVariables } from './lane-environment.ts'

/** What programs get that work with an environment: as a lane has it, but for the environment's own name. */
export function environmentVariables(
  config: ResolvedConfig,
  { name, label }: EnvironmentId,
  endpoints: LaneEndpoints,
): Record<string, string> {
  return { ENVIRONMENT: name, CONTAINER_PREFIX: label, ...serviceVariables(config, endpoints) }
}
