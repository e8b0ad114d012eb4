import type { LaneEndpoints, ResolvedConfig } from './config.ts'
import type { LaneId } from './contracts.ts'

/**
 * The environment of one lane. Of several services of one kind only the first has that kind's usual variables; the
 * config's `env` names the others.
 */
export function laneEnvironment(
  config: ResolvedConfig,
  lane: LaneId,
  endpoints: LaneEndpoints,
): Record<string, string> {
  const environment: Record<string, string> = { ENVIRONMENT: 'test', ISOLANE_LANE: lane.name }
  for (const name of firstOfEachKind(config)) {
    const endpoint = endpoints[name]
    if (endpoint) Object.assign(environment, config.services[name]?.service.env(endpoint))
  }
  return { ...environment, ...config.env(endpoints) }
}

/** What workers see until they have leased a lane: the same variables, and every address leads nowhere. */
export function nowhereEnvironment(config: ResolvedConfig): Record<string, string> {
  const endpoints = Object.entries(config.services).map(([name, { service }]) => [name, service.nowhere])
  return laneEnvironment(config, { number: 0, name: '' }, Object.fromEntries(endpoints))
}

function firstOfEachKind(config: ResolvedConfig): string[] {
  const seen = new Set<string>()
  return Object.entries(config.services).flatMap(([name, { service }]) => {
    if (seen.has(service.kind)) return []
    seen.add(service.kind)
    return [name]
  })
}
